extension StatusPage {
    static let markup = #"""
        <header>
          <h1 id="node">optimizer</h1>
          <span id="state" class="badge">…</span>
          <span id="ready" class="badge"></span>
          <p id="about" class="quiet"></p>
          <p id="lastEnd" class="quiet"></p>
          <p id="silence" class="bad" role="alert" hidden></p>
          <p id="stale" class="warn" role="status" hidden></p>
        </header>
        <noscript><p class="bad">This page needs JavaScript; the same as JSON is at <a href="/status">/status</a>.</p></noscript>
        <main id="main">
          <section class="tiles" aria-label="At a glance">
            <div class="tile"><h2>Queue depth</h2><p id="depth" class="figure">–</p><p id="depthNote" class="quiet"></p></div>
            <div class="tile"><h2>Running</h2><p id="running" class="figure">–</p><p id="runningNote" class="quiet"></p></div>
            <div class="tile"><h2>Finished</h2><p id="finished" class="figure">–</p><p id="finishedNote" class="quiet"></p></div>
            <div class="tile"><h2>P95 step latency</h2><p id="p95" class="figure">–</p><p id="p95Note" class="quiet"></p></div>
            <div class="tile"><h2>Lag</h2><p id="lag" class="figure">–</p><p id="lagNote" class="quiet"></p></div>
          </section>
          <section>
            <h2>Queue depth, the last minutes <span class="key"><i class="swatch line"></i>depth
              <i class="swatch bound"></i>bound <i class="swatch band"></i>paused</span></h2>
            <svg id="history" class="chart" role="img" aria-label="Queue depth over the last minutes"></svg>
          </section>
          <section>
            <h2>Slots</h2>
            <table class="rows"><thead><tr><th>slot</th><th class="w">state</th><th>strategy</th><th>request</th>
              <th class="n">running</th><th class="n">cpu</th><th class="n">memory</th></tr></thead>
              <tbody id="slots"></tbody></table>
          </section>
          <section>
            <h2>Strategies kept back</h2>
            <table class="rows narrow"><thead><tr><th>strategy</th><th>how</th></tr></thead>
              <tbody id="policies"></tbody></table>
            <p id="noPolicies" class="quiet" hidden>None: every strategy may have all slots.</p>
          </section>
          <section>
            <h2>Partitions</h2>
            <table class="rows"><thead><tr><th>partition</th><th class="n">lag</th><th class="n">lag time</th>
              <th class="n">in flight</th><th class="w">state</th><th>blocked by</th></tr></thead>
              <tbody id="partitions"></tbody></table>
            <p id="noPartitions" class="quiet" hidden>No partition is assigned to this node.</p>
          </section>
          <section>
            <h2>Brokers</h2>
            <table class="rows"><thead><tr><th class="m">broker</th><th class="w">state</th><th class="n">for</th>
              <th class="n">round trip</th><th>last error</th></tr></thead><tbody id="brokers"></tbody></table>
            <p id="noBrokers" class="quiet" hidden>Nothing is known of the brokers yet.</p>
          </section>
          <section>
            <h2>Step latency <span id="latencyNote" class="quiet"></span></h2>
            <svg id="latency" class="chart" role="img" aria-label="Step latency histogram"></svg>
            <table class="rows narrow"><thead><tr><th>strategy</th><th class="n">steps</th><th class="n">P50</th>
              <th class="n">P95</th><th class="n">P99</th></tr></thead><tbody id="strategies"></tbody></table>
          </section>
          <section>
            <h2>Last errors</h2>
            <table class="rows"><thead><tr><th class="w">last</th><th class="n">times</th><th class="w">kind</th><th>what</th><th class="m">strategy</th><th class="m">request</th></tr>
              </thead><tbody id="errors"></tbody></table>
            <p id="noErrors" class="quiet" hidden>None.</p>
          </section>
          <div class="pair">
            <section>
              <h2>Limits per step</h2>
              <table class="facts"><tbody id="limits"></tbody></table>
            </section>
            <section>
              <h2>Since the start</h2>
              <table class="facts"><tbody id="totals"></tbody></table>
            </section>
          </div>
        </main>
        <footer class="quiet">Read only. The same as JSON: <a href="/status">/status</a> · for Prometheus:
          <a href="/metrics">/metrics</a></footer>
        """#
}
