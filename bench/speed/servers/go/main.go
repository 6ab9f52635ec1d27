// Baseline: the plain way to write the service in Go. net/http, a map behind a lock, nothing on a disk, nobody to agree
// with. Serves GET /get/{key}, GET /search?prefix= or ?suffix= and GET /, with an ETag and If-None-Match on single values.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
)

type entry struct {
	value   json.RawMessage
	version int
}

var (
	lock  sync.RWMutex
	store = map[string]entry{}
)

func get(w http.ResponseWriter, r *http.Request) {
	lock.RLock()
	found, ok := store[strings.TrimPrefix(r.URL.Path, "/get/")]
	lock.RUnlock()
	if !ok {
		http.Error(w, `{"title":"No such key","status":404}`, http.StatusNotFound)
		return
	}
	tag := `"` + strconv.Itoa(found.version) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(found.value)
}

func search(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	prefix, suffix := query.Get("prefix"), query.Get("suffix")
	keys := []string{}
	lock.RLock()
	for key := range store {
		if strings.HasPrefix(key, prefix) && strings.HasSuffix(key, suffix) {
			keys = append(keys, key)
		}
	}
	lock.RUnlock()
	sort.Strings(keys)
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(keys)
}

func dump(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	lock.RLock()
	defer lock.RUnlock()
	pairs := make(map[string]json.RawMessage, len(store))
	for key, each := range store {
		pairs[key] = each.value
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(pairs)
}

// What the service sends besides with every single value: for caches and browsers, and for HTTP/1.0.
func likeTheService(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		headers := w.Header()
		headers.Set("Cache-Control", "no-cache")
		headers.Set("Connection", "keep-alive")
		headers.Set("Cross-Origin-Resource-Policy", "same-origin")
		headers.Set("Keep-Alive", "timeout=100")
		headers.Set("X-Content-Type-Options", "nosniff")
		next(w, r)
	}
}

// Arguments: port, a file with the pairs as one JSON object, and "headers" for the headers that the service sends.
func main() {
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	pairs := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &pairs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for key, value := range pairs {
		store[key] = entry{value, len(store) + 1}
	}
	single := http.HandlerFunc(get)
	if len(os.Args) > 3 && os.Args[3] == "headers" {
		single = likeTheService(get)
	}
	http.HandleFunc("/get/", single)
	http.HandleFunc("/search", search)
	http.HandleFunc("/", dump)
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
	os.Exit(1)
}
