package weburl

import (
	"net/url"
	"slices"
	"strings"
)

// Query parameters that never select content, compiled from the documentation of the vendors that add them. Names are
// compared without case.
var (
	trackingNames = set(
		"__cft__", "__hsfp", "__hssc", "__hstc", "__tn__", "__twitter_impression", "_ga", "_gl", "_hsenc", "_hsmi",
		"_openstat", "action_object_map", "action_ref_map", "action_type_map", "at_campaign", "at_medium", "cmp",
		"cmpid", "cvid", "dclid", "dicbo", "echobox", "elqtrackid", "epik", "fb_action_ids", "fb_action_types", "fb_ref",
		"fb_source", "fbclid", "feedname", "feedtype", "gbraid", "gclid", "gclsrc", "guccounter", "guce_referrer",
		"guce_referrer_sig", "hsctatracking", "icid", "igsh", "igshid", "itid", "ito", "li_fat_id", "matomo_campaign",
		"mc_cid", "mc_eid", "mkt_tok", "msclkid", "mtm_campaign", "mtm_medium", "mtm_source", "ncid", "ns_campaign",
		"ns_fee", "ns_linkname", "ns_mchannel", "ns_source", "ocid", "oly_anon_id", "oly_enc_id", "partner_ref",
		"piwik_campaign", "pk_campaign", "pk_kwd", "rb_clickid", "ref_src", "ref_url", "s_cid", "s_kwcid", "sc_campaign",
		"sc_channel", "scm", "smid", "soc_src", "soc_trk", "spm", "srsltid", "taid", "trk", "trkcampaign", "ttclid",
		"twclid", "vero_conv", "vero_id", "wbraid", "wickedid", "wprss", "wt_mc", "wt_zmc", "xtor", "yclid", "ysclid",
	)
	trackingPrefixes = []string{
		"utm_", "ga_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "otm_", "itm_", "vn_",
	}
)

// Session parameters are dropped only where the value is as long as a session id; a short sid may be a story's id.
var sessionNames = set(
	"phpsessid", "jsessionid", "sid", "sessionid", "cfid", "cftoken",
)

const (
	sessionPrefix = "aspsessionid"
	sessionLength = 16 // bytes of a value that looks like a session id
)

// Parameters that name where the reader came from, but only with these values; with others they may select content.
var (
	referralNames = set(
		"ref", "source", "src", "from", "via", "referrer", "share", "rss", "feed", "feature", "app",
	)
	referralValues = set(
		"rss", "feed", "feeds", "twitter", "facebook", "fb", "email", "newsletter", "homepage", "home", "share", "atom",
		"google", "reddit", "x", "social", "push", "app", "mobile", "yahoo", "nl", "youtu.be", "1", "",
	)
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// param is one piece of a query between ampersands: as it stands, and its name and value decoded.
type param struct{ raw, name, value string }

func params(query string) []param {
	var all []param
	for raw := range strings.SplitSeq(query, "&") {
		if raw == "" {
			continue
		}
		name, value, _ := strings.Cut(raw, "=")
		all = append(all, param{raw, strings.ToLower(decoded(name)), decoded(value)})
	}
	return all
}

// decoded undoes form encoding; what is not well-formed stays as it is.
func decoded(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

// tracks tells that a parameter only follows the reader around.
func (p param) tracks() bool {
	if trackingNames[p.name] || slices.ContainsFunc(trackingPrefixes, func(prefix string) bool { return strings.HasPrefix(p.name, prefix) }) {
		return true
	}
	return len(p.value) >= sessionLength && (sessionNames[p.name] || strings.HasPrefix(p.name, sessionPrefix))
}

// refers tells that a parameter only says where the reader came from.
func (p param) refers() bool {
	return referralNames[p.name] && referralValues[strings.ToLower(p.value)]
}
