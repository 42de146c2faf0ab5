"""The operations and types of the API, by the tags of docs/openapi.json."""
