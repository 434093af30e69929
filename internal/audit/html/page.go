package html

// page is the template of the report.
const page = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{.Policy}}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Credential audit, {{.Generated}}</title>
<style>{{.Style}}</style>
</head>
<body{{if .Long}} class="long"{{end}}>
<header>
<h1>Credential audit</h1>
<p class="soft">{{.Generated}}, credctl {{.Version}}. Checked: {{range $i, $v := .Judged}}{{if $i}}, {{end}}{{$v}}{{else}}no vendor{{end}}.</p>
<ul class="counts">
<li><b>{{.Credentials}}</b> credentials</li>
{{range .Counts}}<li class="{{.Severity}}"><b>{{.N}}</b> <span aria-hidden="true">{{.Shape}}</span> {{.Severity}}</li>
{{end}}<li><b>{{.MutedCount}}</b> muted</li>
<li><b>{{.Unknown}}</b> of unknown age</li>
</ul>
</header>
<main>
{{if .NotJudged}}<section class="alert" aria-labelledby="not-checked">
<h2 id="not-checked">Not checked</h2>
<p>These vendors could not be listed. That this report has no findings for them says nothing.</p>
<ul>{{range .NotJudged}}<li><b>{{.Name}}</b>: {{.Error}}</li>{{end}}</ul>
</section>
{{end}}<section aria-labelledby="action">
<h2 id="action">Needs action</h2>
{{if .Action.N}}<p class="soft">The worst first, each with what fixes it.</p>
<ol class="findings">
{{.Action.Items}}</ol>
{{else}}<p>Nothing needs action.</p>
{{end}}{{if .Notes.N}}<details><summary>Notes ({{.Notes.N}})</summary>
<ol class="findings">{{.Notes.Items}}</ol></details>
{{end}}{{if .Muted.N}}<details><summary>Muted ({{.Muted.N}})</summary>
<ol class="findings">{{.Muted.Items}}</ol></details>
{{end}}</section>
<section aria-labelledby="ages">
<h2 id="ages">Age by vendor</h2>
<p class="soft small">Active credentials, in steps of 30 days. Unless a policy has another limit, it is 90 days.</p>
<div class="charts">
{{range $c := .Charts}}<figure>
<figcaption>{{.Vendor}}</figcaption>
<svg height="150" role="img" aria-labelledby="age-{{.N}}"><title id="age-{{.N}}">{{.Text}}</title>
<line class="axis" x1="0" x2="100%" y1="120" y2="120"/>
{{range .Bars}}<rect class="{{.Class}}" x="{{.X}}%" y="{{.Y}}" width="{{.W}}%" height="{{.H}}" rx="2"/><text class="value" x="{{.Mid}}%" y="{{.Label}}" text-anchor="middle">{{.Count}}</text>
{{end}}<line class="limit" x1="{{.Limit}}%" x2="{{.Limit}}%" y1="4" y2="120"/><text class="limit-text" x="{{.Limit}}%" y="12" dx="5">limit</text>
{{range .Ticks}}<text x="{{.X}}%" y="138" text-anchor="{{.Anchor}}">{{.Text}}</text>
{{end}}</svg>
</figure>
{{else}}<p>There is no active credential.</p>
{{end}}</div>
{{if .Charts}}<details><summary>The same as a table</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Ages"><table><caption>Active credentials by age</caption>
<thead><tr><th scope="col">Vendor</th>{{range .Bins}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>{{range .Charts}}<tr><th scope="row">{{.Vendor}}</th>{{range .Row}}<td class="n">{{.}}</td>{{end}}</tr>{{end}}</tbody></table></div></details>
{{end}}</section>
<section aria-labelledby="next">
<h2 id="next">Next 90 days</h2>
{{if .Events}}<p class="soft small">What expires, is deleted after its grace period, or falls due under the policy{{if .MoreEvents}}: the first {{len .Events}} of {{.AllEvents}}{{end}}.</p>
<figure>
<svg height="{{.TimelineHeight}}" role="img" aria-labelledby="timeline"><title id="timeline">{{.TimelineText}}</title>
{{range .Weeks}}<line class="axis" x1="{{.X}}%" x2="{{.X}}%" y1="18" y2="{{$.TimelineHeight}}"/><text x="{{.X}}%" y="12" text-anchor="{{.Anchor}}">{{.Text}}</text>
{{end}}{{range .Events}}<text class="event" x="0" y="{{.TextY}}">{{.Text}}</text><line class="track" x1="0" x2="100%" y1="{{.LineY}}" y2="{{.LineY}}"/><svg x="{{.X}}%" y="{{.LineY}}" overflow="visible" class="mark {{.Kind}}"><path d="{{.Path}}"/></svg>
{{end}}</svg>
</figure>
<details><summary>The same as a table</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Next 90 days"><table><caption>Next 90 days</caption><thead><tr><th scope="col">Date</th><th scope="col">What</th><th scope="col">Credential</th></tr></thead>
<tbody>{{range .Events}}<tr><td class="d">{{.Date}}</td><td>{{.What}}</td><td class="name">{{.Name}}</td></tr>{{end}}</tbody></table></div></details>
{{else}}<p>Nothing expires, is deleted or falls due.</p>
{{end}}</section>
<section aria-labelledby="inventory">
<h2 id="inventory">All credentials</h2>
<div class="controls" id="controls" hidden>
<div><label for="f-text">Filter by text</label><input type="search" id="f-text" autocomplete="off"></div>
<div><label for="f-vendor">Vendor</label><select id="f-vendor"><option value="">all</option>{{range .Vendors}}<option>{{.}}</option>{{end}}</select></div>
<div><label for="f-worst">Findings</label><select id="f-worst"><option value="">all</option><option value="5">critical</option><option value="4">high or worse</option><option value="3">medium or worse</option><option value="2">low or worse</option></select></div>
<label class="check"><input type="checkbox" id="f-active"> only active</label>
</div>
<p class="soft small" id="f-status" role="status"></p>
<div class="scroll" tabindex="0" role="region" aria-label="All credentials">
<table id="inventory-table"><caption>All credentials that were listed. An empty cell is unknown.</caption>
<thead><tr><th scope="col">Worst</th><th scope="col">Name</th><th scope="col">Vendor</th><th scope="col">Kind</th><th scope="col">Status</th><th scope="col">Age in days</th><th scope="col">Expires</th><th scope="col">Last used</th><th scope="col">Owner</th><th scope="col">Policy</th><th scope="col">Key</th><th scope="col">ID</th></tr></thead>
<tbody>
{{.Rows}}</tbody>
</table>
</div>
</section>
</main>
<footer><p class="soft small">The report holds no secrets, and loads nothing. The rules support the controls that <code>credctl help audit-rules</code> and the documentation name; they prove no compliance.</p></footer>
<script>{{.Script}}</script>
</body>
</html>
`
