package main

import (
	"errors"
	"fmt"
	"net"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
)

// activated is the listener that systemd holds for us (LISTEN_FDS, sd_listen_fds(3)):
// it goes on taking connections while one process follows another. nil when it was
// not systemd that started us, or it holds none.
func activated() (net.Listener, error) {
	all, err := activation.Listeners()
	switch {
	case err != nil:
		return nil, fmt.Errorf("socket activation: %w", err)
	case len(all) == 0:
		return nil, nil //nolint:nilnil // none is no error
	case len(all) > 1 || all[0] == nil:
		return nil, errors.New("socket activation: exactly one stream socket is needed")
	}
	return all[0], nil
}

// notifySystemd tells systemd how we are (sd_notify(3)); nobody when it did not start us.
func notifySystemd(state string) error {
	if _, err := daemon.SdNotify(false, state); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}
