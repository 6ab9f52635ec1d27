// The round of docs/clients.md with the generated Go client: the service's URL is the first argument.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
)

func must(ok bool, what any, err error) {
	if err != nil || !ok {
		fmt.Fprintln(os.Stderr, what, err)
		os.Exit(1)
	}
}

func main() {
	ctx := context.Background()
	client, err := NewClientWithResponses(os.Args[1])
	must(true, "client", err)
	written, err := client.SetPairsWithResponse(ctx, nil, SetPairsJSONRequestBody{"go-1": 1, "go-2": "two"})
	must(err == nil && written.StatusCode() == 200, written, err)
	value, err := client.GetValueWithResponse(ctx, "go-2", nil)
	must(err == nil && string(value.Body) == `"two"`, value, err)
	prefix := "go-"
	found, err := client.SearchKeysWithResponse(ctx, &SearchKeysParams{Prefix: &prefix})
	must(err == nil && string(found.Body) == `["go-1","go-2"]`, found, err)
	dump, err := client.DumpPairsWithResponse(ctx, nil)
	must(err == nil && reflect.DeepEqual(*dump.JSON200, Pairs{"go-1": float64(1), "go-2": "two"}), dump, err)
	tag := written.HTTPResponse.Header.Get("ETag")
	for _, status := range []int{200, 412} {
		again, err := client.SetPairsWithResponse(ctx, &SetPairsParams{IfMatch: &tag}, SetPairsJSONRequestBody{"go-1": 2})
		must(err == nil && again.StatusCode() == status, again, err)
	}
	gone, err := client.DeleteKeysWithResponse(ctx, nil, DeleteKeysJSONRequestBody{"go-1", "go-2"})
	must(err == nil && gone.JSON200.Deleted == 2, gone, err)
}
