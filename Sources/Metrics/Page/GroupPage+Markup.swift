extension GroupPage {
    static let markup = #"""
        <header>
          <h1 id="group">optimizer</h1>
          <span id="count" class="badge">…</span>
          <span id="trouble" class="badge"></span>
          <p id="about" class="quiet"></p>
          <p id="silence" class="bad" role="alert" hidden></p>
          <p id="stale" class="warn" role="status" hidden></p>
        </header>
        <noscript><p class="bad">This page needs JavaScript; the same as JSON is at <a href="/status">/status</a>.</p></noscript>
        <main id="main">
          <section class="tiles" aria-label="At a glance">
            <div class="tile"><h2>Queued</h2><p id="depth" class="figure">–</p><p id="depthNote" class="quiet"></p></div>
            <div class="tile"><h2>Running</h2><p id="running" class="figure">–</p><p id="runningNote" class="quiet"></p></div>
            <div class="tile"><h2>Finished</h2><p id="finished" class="figure">–</p><p id="finishedNote" class="quiet"></p></div>
            <div class="tile"><h2>P95 step latency</h2><p id="p95" class="figure">–</p><p id="p95Note" class="quiet"></p></div>
            <div class="tile"><h2>Lag</h2><p id="lag" class="figure">–</p><p id="lagNote" class="quiet"></p></div>
          </section>
          <div class="curves">
            <section>
              <h2>Finished, per second</h2>
              <svg id="throughput" class="chart" role="img" aria-label="Requests finished per second over the last minutes"></svg>
            </section>
            <section>
              <h2>Step latency, the highest P95</h2>
              <svg id="latency" class="chart" role="img" aria-label="Step latency over the last minutes"></svg>
            </section>
            <section>
              <h2>Queued, all nodes</h2>
              <svg id="queue" class="chart" role="img" aria-label="Queue depth of all nodes over the last minutes"></svg>
            </section>
          </div>
          <section>
            <h2>Nodes <span id="moreNodes" class="quiet"></span></h2>
            <table class="rows"><thead><tr><th>node</th><th class="w">state</th><th>runs</th><th class="n">slots</th>
              <th class="n">queued</th><th class="n">partitions</th><th class="n">per s</th><th class="n">P95</th>
              <th class="n">lag</th><th class="n">heard</th></tr></thead><tbody id="nodes"></tbody></table>
            <p id="noNodes" class="quiet" hidden>No node has been heard of yet.</p>
          </section>
          <section>
            <h2>Strategies kept back <span id="moreKeptBack" class="quiet"></span></h2>
            <table class="rows narrow"><thead><tr><th>strategy</th><th>how</th><th>where</th></tr></thead>
              <tbody id="keptBack"></tbody></table>
            <p id="nothingKeptBack" class="quiet" hidden>None: every strategy may have all slots of every node.</p>
          </section>
          <section>
            <h2>Partitions <span id="morePartitions" class="quiet"></span></h2>
            <table class="rows"><thead><tr><th class="n">partition</th><th class="w">node</th><th class="n">lag</th>
              <th class="n">lag time</th><th class="w">state</th><th>first not done</th></tr></thead>
              <tbody id="partitions"></tbody></table>
            <p id="noPartitions" class="quiet" hidden>No node has said yet which partitions it has.</p>
          </section>
          <section>
            <h2>Brokers, as the nodes see them <span id="moreBrokers" class="quiet"></span></h2>
            <table class="rows"><thead><tr><th class="m">broker</th><th class="w">state</th>
              <th class="n">longest round trip</th><th>cannot be reached by</th></tr></thead>
              <tbody id="brokers"></tbody></table>
            <p id="noBrokers" class="quiet" hidden>Nothing is known of the brokers yet.</p>
          </section>
          <section>
            <h2>Strategies <span id="moreStrategies" class="quiet"></span></h2>
            <table class="rows narrow"><thead><tr><th>strategy</th><th class="n">nodes</th><th class="n">steps/s</th>
              <th class="n">P50</th><th class="n">P95</th></tr></thead><tbody id="strategies"></tbody></table>
            <p class="quiet">The highest P50 and P95 of a node.</p>
          </section>
        </main>
        <footer class="quiet">Read only, from the nodes' metrics events. The same as JSON: <a href="/status">/status</a></footer>
        """#
}
