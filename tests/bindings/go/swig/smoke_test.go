package cribswig

import (
	"fmt"
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
