package rttest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/desktest"
	"selfie/moderation/escalation/desk/rt"
)

// Desk connects to the server as the account, by way of a transport (nil: the
// usual one).
func (s *Server) Desk(by http.RoundTripper) *rt.Desk {
	s.t.Helper()
	d, err := rt.New(rt.Options{URL: s.URL, Token: s.Token, HTTP: &http.Client{Transport: by}})
	must(s.t, err)
	return d
}

// Person acts at the server as the agent.
func (s *Server) Person() desktest.Agent {
	say := func(ticket, verb, html string, files []desk.Attachment) error {
		body := map[string]any{"Content": html, "ContentType": "text/html"}
		var list []map[string]string
		for _, f := range files {
			list = append(list, map[string]string{"FileName": f.Name, "FileType": f.Type, "FileContent": base64.StdEncoding.EncodeToString(f.Data)})
		}
		if len(list) > 0 {
			body["Attachments"] = list
		}
		return s.As(s.Agent, "POST", "/ticket/"+ticket+verb, body)
	}
	names := map[desk.Status]string{desk.Open: "open", desk.Waiting: "stalled", desk.Solved: "resolved"}
	return desktest.Agent{
		Name: "Agent One", Email: "agent1@desk.test",
		Reply: func(ticket, html string, files ...desk.Attachment) error {
			return say(ticket, "/correspond", html, files)
		},
		Comment: func(ticket, html string) error { return say(ticket, "/comment", html, nil) },
		SetStatus: func(ticket string, st desk.Status) error {
			return s.As(s.Agent, "PUT", "/ticket/"+ticket, map[string]any{"Status": names[st]})
		},
		Delete: func(ticket string) error { return s.As(s.Agent, "DELETE", "/ticket/"+ticket, nil) },
	}
}

var person = http.Client{Timeout: time.Minute}

// As makes one request with somebody's token, past the connector.
func (s *Server) As(token, method, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(method, s.URL+"/REST/2.0"+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+token)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := person.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("rttest: %s %s: %s %s", method, path, resp.Status, answer)
	}
	return nil
}
