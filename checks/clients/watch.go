// A watch with r3labs/sse: heartbeats disturb nothing, and it goes on behind the last event. The first argument is the URL.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/r3labs/sse/v2"
)

func check(ok bool, what any) {
	if !ok {
		fmt.Fprintln(os.Stderr, "not as it should be:", what)
		os.Exit(1)
	}
}

func set(url, key string) {
	answer, err := http.Post(url+"/set", "application/json", strings.NewReader(`{"`+key+`":1}`))
	check(err == nil && answer.StatusCode == 200, err)
	answer.Body.Close()
}

// Writes once another watch has had three signs of life: the one beside it had some as well.
func setAfterHeartbeats(url, key string) {
	answer, err := http.Get(url + "/watch")
	check(err == nil, err)
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for alive := 0; alive < 3; {
		check(lines.Scan(), lines.Err())
		if strings.HasPrefix(lines.Text(), ":") {
			alive++
		}
	}
	set(url, key)
}

func firstEvent(url, id, key string) *sse.Event {
	client := sse.NewClient(url + "/watch?prefix=watched-go")
	if id != "" {
		client.LastEventID.Store([]byte(id))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	found := make(chan *sse.Event, 10)
	go client.SubscribeRawWithContext(ctx, func(event *sse.Event) {
		// A block of an id alone is a sign of life.
		if len(event.Data) > 0 {
			found <- event
		}
	})
	go setAfterHeartbeats(url, key)
	select {
	case event := <-found:
		return event
	case <-ctx.Done():
		check(false, "no event came")
		return nil
	}
}

func main() {
	url := os.Args[1]
	first := firstEvent(url, "", "watched-go-1")
	check(string(first.Event) == "set" && strings.Contains(string(first.Data), `"watched-go-1"`), string(first.Data))
	set(url, "watched-go-2")
	missed := firstEvent(url, string(first.ID), "watched-go-3")
	check(strings.Contains(string(missed.Data), `"watched-go-2"`), string(missed.Data))
}
