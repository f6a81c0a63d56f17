package server

import "context"

// LookAtOutbox is a turn of the background.
func (s *Server) LookAtOutbox(ctx context.Context) error { return s.lookAtOutbox(ctx) }
