package cribswig

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"cribswig/direct"
)

func TestGeneratedCallsReachTheLibrary(t *testing.T) {
	var major, minor, patch uint
	if n, err := fmt.Sscanf(Crib_version(), "%d.%d.%d", &major, &minor, &patch); n != 3 {
		t.Fatal(Crib_version(), err)
	}
	if hex := major<<16 | minor<<8 | patch; Crib_version_hex() != hex || direct.VersionHex() != hex {
		t.Errorf("%x, %x, want %x", Crib_version_hex(), direct.VersionHex(), hex)
	}
	if got := Crib_error_name(CRIB_ECANCELLED); got != "CRIB_ECANCELLED" {
		t.Error(got)
	}
	if got := Crib_value_as_int(Crib_value_int(-7), 0); got != -7 {
		t.Error(got)
	}
	first := Crib_now()
	if second := Crib_now(); first <= 0 || second < first {
		t.Error(first, second)
	}
}

func TestAGeneratedErrorHasItsCodeAndMessage(t *testing.T) {
	e := Crib_error_new(CRIB_ETOOSLOW, "late")
	if Crib_error_code(e) != CRIB_ETOOSLOW || Crib_error_message(e) != "late" || Crib_error_count(e) != 0 {
		t.Error(Crib_error_code(e), Crib_error_message(e))
	}
}

// withChannel calls f in the thread that has a run, with the ends of a channel in both forms.
func withChannel(f func(direct.Channel, Crib_sender, Crib_receiver)) {
	start.Do(func() {
		go func() {
			runtime.LockOSThread()
			channel := direct.Open()
			tx, rx := SwigcptrCrib_sender(channel.Sender()), SwigcptrCrib_receiver(channel.Receiver())
			for f := range work {
				f(channel, tx, rx)
				done <- struct{}{}
			}
		}()
	})
	work <- f
	<-done
}

var (
	start sync.Once
	work  = make(chan func(direct.Channel, Crib_sender, Crib_receiver))
	done  = make(chan struct{})
)

func TestAValueCrossesAChannelByGeneratedCalls(t *testing.T) {
	withChannel(func(c direct.Channel, tx Crib_sender, rx Crib_receiver) {
		v := Crib_value_int(7)
		defer DeleteCrib_value(v)
		if rc := Crib_sender_send_nowait(tx, v); rc != 0 {
			t.Fatal(Crib_error_name(rc))
		}
		if n, rc := c.Receive(); n != 7 || rc != 0 {
			t.Fatal(n, rc)
		}
		if rc := c.Send(8); rc != 0 {
			t.Fatal(rc)
		}
		if rc := Crib_receiver_receive_nowait(rx, v); rc != 0 || Crib_value_as_int(v, 0) != 8 {
			t.Fatal(Crib_error_name(rc))
		}
	})
}

func BenchmarkGeneratedCall(b *testing.B) {
	for range b.N {
		Crib_version_hex()
	}
}

func BenchmarkDirectCall(b *testing.B) {
	for range b.N {
		direct.VersionHex()
	}
}

func BenchmarkGeneratedCallWithPointer(b *testing.B) {
	e := Crib_error_new(CRIB_ETOOSLOW, "late")
	for range b.N {
		Crib_error_code(e)
	}
}

func BenchmarkDirectCallWithPointer(b *testing.B) {
	for range b.N {
		direct.ErrorCode(nil)
	}
}

func BenchmarkGeneratedStruct(b *testing.B) {
	for range b.N {
		v := Crib_value_int(7)
		v.GetP()
		DeleteCrib_value(v)
	}
}

func BenchmarkDirectStruct(b *testing.B) {
	for range b.N {
		direct.Value(7)
	}
}

func BenchmarkGeneratedItem(b *testing.B) {
	withChannel(func(_ direct.Channel, tx Crib_sender, rx Crib_receiver) {
		sum := int64(0)
		for range b.N {
			v := Crib_value_int(1)
			Crib_sender_send_nowait(tx, v)
			Crib_receiver_receive_nowait(rx, v)
			sum += Crib_value_as_int(v, 0)
			DeleteCrib_value(v)
		}
		if sum != int64(b.N) {
			b.Error(sum)
		}
	})
}

func BenchmarkDirectItem(b *testing.B) {
	withChannel(func(c direct.Channel, _ Crib_sender, _ Crib_receiver) {
		sum := int64(0)
		for range b.N {
			c.Send(1)
			n, _ := c.Receive()
			sum += n
		}
		if sum != int64(b.N) {
			b.Error(sum)
		}
	})
}
