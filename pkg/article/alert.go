package article

import "time"

// Alert tells that an article matches a saved query, or that one which did is no longer there. It is the body of an ALERTS
// message, and what webhooks are sent several of at a time. Texts are cut: what is left out is behind API.
type Alert struct {
	ID      string        `json:"id" jsonschema:"description=The same each time that the alert is delivered; no two alerts have the same"`
	Query   string        `json:"query" jsonschema:"description=Name of the saved query"`
	Outcome Outcome       `json:"outcome" jsonschema:"enum=new,enum=revised,enum=merged,enum=removed,description=new: the article matches for the first time; the others are told of articles that matched before"`
	Change  Event         `json:"change" jsonschema:"description=The change of the article that brought this"`
	Article *AlertArticle `json:"article,omitempty" jsonschema:"description=Absent where the article is not to be shown any more"`
	API     string        `json:"api" jsonschema:"format=uri,description=Where the API has the article"`
}

// AlertArticle is what an alert shows of its article.
type AlertArticle struct {
	Title         string    `json:"title"`
	URL           string    `json:"url,omitempty" jsonschema:"format=uri"`
	Publisher     string    `json:"publisher,omitempty"`
	Agency        string    `json:"agency,omitempty"`
	Authors       []string  `json:"authors,omitempty" jsonschema:"maxItems=10"`
	DatePublished *Date     `json:"date_published,omitempty"`
	InLanguage    string    `json:"in_language,omitempty"`
	Section       string    `json:"section,omitempty"`
	Revision      int       `json:"revision"`
	Stored        time.Time `json:"stored"`
	Snippet       string    `json:"snippet,omitempty" jsonschema:"description=HTML: the part of the text that matches best, hits in mark elements"`
}

// Webhook is the body of a webhook, as the Standard Webhooks specification has it (https://www.standardwebhooks.com).
type Webhook struct {
	Type      string    `json:"type" jsonschema:"const=dateline.alerts.v1"`
	Timestamp time.Time `json:"timestamp" jsonschema:"description=When the articles matched"`
	Data      struct {
		Query  string  `json:"query"`
		API    string  `json:"api" jsonschema:"format=uri,description=Where the API has the saved query"`
		Alerts []Alert `json:"alerts" jsonschema:"minItems=1,maxItems=100"`
	} `json:"data"`
}

// TypeAlerts is the type of a Webhook.
const TypeAlerts = "dateline.alerts.v1"
