package crib

// table gives numbers to things. A number is not given again until its slot was used 2^32 times.
type table[T any] struct {
	slots []slot[T]
	free  []uint32
}

type slot[T any] struct {
	value      T
	generation uint32
	used       bool
}

func (t *table[T]) put(v T) uint64 {
	var i uint32
	if n := len(t.free); n > 0 {
		i, t.free = t.free[n-1], t.free[:n-1]
	} else {
		i = uint32(len(t.slots))
		t.slots = append(t.slots, slot[T]{})
	}
	s := &t.slots[i]
	s.generation++
	s.value, s.used = v, true
	return uint64(s.generation)<<32 | uint64(i)
}

func (t *table[T]) get(id uint64) (v T, ok bool) {
	i := uint32(id)
	if int(i) >= len(t.slots) || !t.slots[i].used || t.slots[i].generation != uint32(id>>32) {
		return v, false
	}
	return t.slots[i].value, true
}

// at is get for a number that is known to be good.
func (t *table[T]) at(id uint64) T { return t.slots[uint32(id)].value }

func (t *table[T]) take(id uint64) {
	s := &t.slots[uint32(id)]
	var none T
	s.value, s.used = none, false
	t.free = append(t.free, uint32(id))
}

func (t *table[T]) len() int { return len(t.slots) - len(t.free) }

func (t *table[T]) values() []T {
	var all []T
	for i := range t.slots {
		if t.slots[i].used {
			all = append(all, t.slots[i].value)
		}
	}
	return all
}
