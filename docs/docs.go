// Package docs holds the documents that the program itself serves.
package docs

import "embed"

// OpenAPI describes the HTTP API, as OpenAPI 3.1 in YAML. It refers to Schemas by their paths.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Schemas holds the JSON Schemas of the contract, as schemas/<name>.schema.json.
//
//go:embed schemas/*.schema.json
var Schemas embed.FS
