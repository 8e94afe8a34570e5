'use strict';
(() => {
  const records = JSON.parse(document.getElementById('ranks').textContent);
  const last = records[records.length - 1];
  const batchesPerEpoch = last.epoch > 0 ? last.batches / last.epoch : 0;
  const when = record => (batchesPerEpoch > 0 ? record.batches / batchesPerEpoch : record.epoch);

  const lines = new Map();
  const gone = new Set();
  for (const record of records) {
    for (const layer of record.layers) {
      if (!lines.has(layer.layer)) {
        lines.set(layer.layer, { random: layer.randomRank, points: [] });
      }
      if (layer.outcome === 'NON_FINITE') {
        gone.add(layer.layer);
      }
      lines.get(layer.layer).points.push([when(record), layer.rank ?? null]);
    }
  }

  const chart = echarts.init(document.getElementById('chart'), null, { renderer: 'svg' });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  function draw() {
    const style = getComputedStyle(document.documentElement);
    const muted = style.getPropertyValue('--muted').trim();
    const ink = style.getPropertyValue('--ink').trim();
    const axis = name => ({
      type: 'value',
      name,
      nameLocation: 'middle',
      nameTextStyle: { color: muted },
      axisLabel: { color: muted },
      splitLine: { lineStyle: { color: muted, opacity: 0.2 } },
    });
    chart.setOption(
      {
        animation: false,
        legend: { type: 'scroll', top: 0, textStyle: { color: ink } },
        grid: { left: 8, right: 16, top: 40, bottom: 28, containLabel: true },
        tooltip: { trigger: 'axis', confine: true, order: 'valueDesc' },
        xAxis: { ...axis('epoch'), nameGap: 26, splitLine: { show: false } },
        yAxis: { ...axis('rank'), nameGap: 40, min: 0 },
        series: [...lines].map(([name, line]) => ({
          type: 'line',
          name,
          data: line.points,
          symbolSize: 5,
          markLine: {
            symbol: 'none',
            label: { show: false },
            lineStyle: { type: 'dashed', opacity: 0.6 },
            data: [{ yAxis: line.random }],
          },
        })),
      },
      true,
    );
  }
  draw();
  dark.addEventListener('change', draw);
  addEventListener('resize', () => chart.resize());

  document.getElementById('rule').textContent =
    `Singular values with ${last.rule} of every weight matrix. Dashed: of a random matrix of the same shape.`;
  document.getElementById('gone').textContent =
    gone.size > 0 ? `Weights that became NaN or Inf: ${[...gone].join(', ')}.` : '';
})();
