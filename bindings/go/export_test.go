package crib

// What tests see of the inside.

// Left is what a run has left when it is over.
type Left struct {
	Tasks, Values, Errors, Calls, Workers, Hopes, Guests int
}

// OnFinish hears what each run has left.
func OnFinish(f func(Left)) {
	onFinish = nil
	if f == nil {
		return
	}
	onFinish = func(r *run) {
		left := Left{Tasks: r.nodes.len(), Guests: len(r.guests), Errors: len(r.errors), Calls: len(r.soon), Hopes: r.hopes + r.portals}
		for _, s := range r.stores {
			left.Values += s.live()
		}
		for _, w := range r.idle {
			if _, more := w.next(); more {
				left.Workers++
			}
		}
		f(left)
	}
}

// Handles is how many handles of the library the run of a task's context has.
func Handles(n *Nursery) int { return n.task.run.held.len() }

// Stores is how many channels the run has values for.
func Stores(n *Nursery) int { return len(n.task.run.stores) }
