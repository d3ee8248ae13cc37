package queue

import "testing"

func TestSize(t *testing.T) {
	for in, want := range map[string]string{"10GB": "10GB", "4MiB": "4MiB", "1024": "1KiB", "1500": "1500B", "2 gib": "2GiB", "0": "0B"} {
		var s, again Size
		if err := s.UnmarshalText([]byte(in)); err != nil || s.String() != want {
			t.Errorf("%s = %s, %v; want %s", in, s, err, want)
		}
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%s reads as %d, not %d", s, again, s)
		}
	}
	if err := new(Size).UnmarshalText([]byte("five")); err == nil {
		t.Error("five is a size")
	}
}
