package markup

import "strings"

// Resolve makes a URL reference absolute (RFC 3986, 5.2). It changes no more of it than it must, as identifiers are URLs too,
// and never fails: what has a scheme stays as it is, and so does all where base has none.
func Resolve(base, ref string) string {
	ref = strings.TrimSpace(ref)
	if i := scheme(ref); i > 0 {
		if rest := strings.TrimLeft(ref[i+1:], "/"); len(ref)-i-1-len(rest) > 2 && strings.HasPrefix(strings.ToLower(ref), "http") { // http:///host/
			return ref[:i+1] + "//" + rest
		}
		return ref
	}
	i := scheme(base)
	if i < 0 || !strings.HasPrefix(base[i+1:], "//") {
		return ref
	}
	base, _, _ = strings.Cut(base, "#")
	if ref == "" {
		return base
	}
	authority := len(base)
	if j := strings.IndexAny(base[i+3:], "/?"); j >= 0 {
		authority = i + 3 + j
	}
	path, _, _ := strings.Cut(base[authority:], "?")
	switch {
	case strings.HasPrefix(ref, "//"):
		return base[:i+1] + ref
	case ref[0] == '#':
		return base + ref
	case ref[0] == '?':
		return base[:authority] + path + ref
	}
	tail := ""
	if j := strings.IndexAny(ref, "?#"); j >= 0 {
		ref, tail = ref[:j], ref[j:]
	}
	if ref[0] != '/' {
		ref = path[:strings.LastIndexByte(path, '/')+1] + ref
	}
	if ref[0] != '/' {
		ref = "/" + ref
	}
	return base[:authority] + withoutDots(ref) + tail
}

// MaxResolved is how many bytes resolving adds to the URLs of a document.
const MaxResolved = 32 << 20

// Room is how many bytes resolving may still add. Without, a long base and many links make gigabytes of a short document.
type Room int

// Resolve is the function Resolve as long as there is room; then URLs stay as they are. An empty one is none.
func (r *Room) Resolve(base, ref string) string {
	if ref == "" || *r == 0 {
		return ref
	}
	resolved := Resolve(base, ref)
	if added := Room(len(resolved) - len(ref)); added > 0 {
		if added > *r {
			*r = 0
			return ref
		}
		*r -= added
	}
	return resolved
}

// scheme is the length of the scheme that s begins with, or -1.
func scheme(s string) int {
	for i := range len(s) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case c == ':' && i > 0:
			return i
		default:
			return -1
		}
	}
	return -1
}

// withoutDots takes "." and ".." out of a path that begins with "/" (RFC 3986, 5.2.4).
func withoutDots(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	segments := strings.Split(path[1:], "/")
	out := segments[:0]
	for i, segment := range segments {
		last := i == len(segments)-1
		switch segment {
		case ".", "..":
			if segment == ".." && len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, segment)
		}
	}
	return "/" + strings.Join(out, "/")
}
