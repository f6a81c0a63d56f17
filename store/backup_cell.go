package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/google/uuid"
)

// cell is where a value of the column is read to. None is NULL.
func (c column) cell() (any, error) {
	switch c.Kind {
	case "text":
		return new(string), nil
	case "bigint", "smallint":
		return new(int64), nil
	case "boolean":
		return new(bool), nil
	case "bytea":
		return new([]byte), nil
	case "uuid":
		return new(uuid.UUID), nil
	}
	return nil, fmt.Errorf("column %s is of the kind %q, which no backup knows", c.Name, c.Kind)
}

// plain is a value as JSON has it.
func plain(cell any) (any, error) {
	switch v := cell.(type) {
	case *string:
		if !utf8.ValidString(*v) {
			return nil, errors.New("a text is not UTF-8")
		}
		return *v, nil
	case *int64:
		return *v, nil
	case *bool:
		return *v, nil
	case *[]byte:
		return base64.StdEncoding.EncodeToString(*v), nil
	case *uuid.UUID:
		return v.String(), nil
	}
	return nil, fmt.Errorf("a value is %T", cell)
}

// value is what plain told, for a statement.
func (c column) value(read any) (any, error) {
	wrong := fmt.Errorf("column %s: a value is not of the kind %s", c.Name, c.Kind)
	switch v := read.(type) {
	case bool:
		if c.Kind == "boolean" {
			return v, nil
		}
	case json.Number:
		bits := map[string]int{"bigint": 64, "smallint": 16}[c.Kind]
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil && bits > 0 && n<<(64-bits)>>(64-bits) == n {
			return n, nil
		}
	case string:
		switch c.Kind {
		case "text":
			return v, nil
		case "bytea":
			if raw, err := base64.StdEncoding.Strict().DecodeString(v); err == nil {
				return raw, nil
			}
		case "uuid":
			if id, err := uuid.Parse(v); err == nil {
				return id, nil
			}
		}
	}
	return nil, wrong
}
