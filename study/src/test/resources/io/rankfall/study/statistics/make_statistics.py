"""Makes statistics.json: made-up studies, and what SciPy and NumPy say about them.

Where they have no such statistic, it is done the long way: the permutation test by
enumeration and by random permutations, intercepts as columns of ones and zeros.
Run it in this folder: python3 make_statistics.py
"""

import itertools
import json
import math
from collections import Counter, defaultdict

import numpy as np
from scipy import stats

AXES = {"BATCH_SIZE": "B", "LEARNING_RATE": "mu", "WEIGHT_DECAY": "wd"}
rng = np.random.default_rng(20260105)


def study(name, batches, rates, decays, seeds, noise, digits, others=("mlp",), effect=1.0, lost=()):
    """Ranks with planted exponents; `lost` indexes runs that diverge or learn nothing."""
    runs = []
    grid = itertools.product(others, batches, rates, decays, range(1, seeds + 1))
    for i, (other, B, mu, wd, seed) in enumerate(grid):
        log_rank = 3.5 + 0.4 * len(other) / 5 + effect * (
            0.25 * math.log(B) - 0.15 * math.log(mu) - 0.1 * math.log(wd + 1e-4)
        )
        rank = round(math.exp(log_rank - 1.5 * effect + noise * rng.normal()), digits)
        test = 0.9 - 0.02 * math.log(rank) + 0.01 * rng.normal() - 0.01 * abs(math.log(mu / 0.05))
        train = min(1.0, test + 0.02 + 0.01 * rng.normal() + 0.005 * math.log(rank))
        run = dict(
            id=f"{name}-{i}", others=other, B=B, mu=mu, wd=wd, seed=seed, outcome="COMPLETED",
            rank=rank, train=round(train, 4), test=round(test, 4),
        )
        if i in lost:
            if i % 2:
                run.update(outcome="DIVERGED", rank=0.0, train=0.1, test=0.1)
            else:
                run.update(test=0.1012, train=0.099, rank=1.0)
        runs.append(run)
    return dict(name=name, testExamples=1000, classes=10, runs=runs)


def score(levels):
    return sum(
        int(np.sign(b - a))
        for low, high in itertools.combinations(levels, 2)
        for a in low
        for b in high
    )


def enumerated(levels):
    """P(S = s) over all arrangements of the ranks, or None if they are too many."""
    sizes = [len(level) for level in levels]
    values = sorted(v for level in levels for v in level)
    ways = math.factorial(len(values)) // math.prod(math.factorial(s) for s in sizes)
    if ways > 40000:
        return None
    counts = Counter()

    def fill(rest, sizes, chosen):
        if not sizes:
            counts[score(chosen)] += 1
            return
        for pick in itertools.combinations(range(len(rest)), sizes[0]):
            left = [v for i, v in enumerate(rest) if i not in pick]
            fill(left, sizes[1:], chosen + [[rest[i] for i in pick]])

    fill(values, sizes, [])
    return {s: c / ways for s, c in counts.items()}


def exact(blocks):
    total = {0: 1.0}
    known = {}
    for levels in blocks:
        ranks = stats.rankdata([v for level in levels for v in level]).tolist()
        key = (tuple(map(len, levels)), tuple(sorted(ranks)))
        if key not in known:
            known[key] = enumerated(levels)
        own = known[key]
        if own is None:
            return None
        merged = defaultdict(float)
        for a, p in total.items():
            for b, q in own.items():
                merged[a + b] += p * q
        total = merged
    return total


def permuted(blocks, draws=20000):
    """Random permutations within blocks: mean and deviation of S, and how often it is reached."""
    found = sum(score(levels) for levels in blocks)
    sums = np.zeros(draws)
    for levels in blocks:
        x = np.repeat(np.arange(len(levels)), [len(level) for level in levels])
        y = np.array([v for level in levels for v in level])
        signs = np.sign(x[None, :] - x[:, None])
        for d in range(draws):
            z = rng.permutation(y)
            sums[d] += (np.sign(z[None, :] - z[:, None]) * signs).sum() / 2
    return dict(
        deviation=float(sums.std()),
        rising=float((sums >= found).mean()),
        falling=float((sums <= found).mean()),
    )


def trend(runs, axis):
    by_fixed = {}
    for run in runs:
        fixed = tuple(run[k] for k in ("others", "B", "mu", "wd") if k != axis)
        by_fixed.setdefault(fixed, defaultdict(list))[run[axis]].append(run["rank"])
    blocks = [[levels[x] for x in sorted(levels)] for levels in by_fixed.values() if len(levels) > 1]
    if not blocks:
        return None
    taus, variance, scale = [], 0.0, 0.0
    for levels in blocks:
        x = [i for i, level in enumerate(levels) for _ in level]
        y = [v for level in levels for v in level]
        tau, p = stats.kendalltau(x, y, method="asymptotic")
        taus.append(None if math.isnan(tau) else float(tau))
        if not math.isnan(tau):
            scale += score(levels) / tau if tau else abs(
                math.sqrt(sum(a != b for a, b in itertools.combinations(x, 2)))
                * math.sqrt(sum(a != b for a, b in itertools.combinations(y, 2)))
            )
    total = sum(score(levels) for levels in blocks)
    result = dict(
        blocks=len(blocks),
        runs=sum(len(level) for levels in blocks for level in levels),
        score=total,
        taus=sorted(t for t in taus if t is not None),
        tau=total / scale if scale else None,
        permuted=permuted(blocks),
    )
    distribution = exact(blocks)
    if distribution is not None:
        result["rising"] = sum(p for s, p in distribution.items() if s >= total)
        result["falling"] = sum(p for s, p in distribution.items() if s <= total)
        result["deviation"] = math.sqrt(sum(p * s * s for s, p in distribution.items()))
    return result


def regression(runs, columns):
    runs = [run for run in runs if run["wd"] > 0 and run["rank"] > 0]
    groups = sorted({run["others"] for run in runs})
    settings = {tuple(run[k] for k in ("others", "B", "mu", "wd")) for run in runs}
    dummies = np.array([[float(run["others"] == g) for g in groups] for run in runs])
    x = np.column_stack([[f(run) for run in runs] for f in columns] + [dummies])
    y = np.log([run["rank"] for run in runs])
    n, k = x.shape
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    e = y - x @ beta
    bread = np.linalg.inv(x.T @ x)
    meat = np.zeros((k, k))
    for s in settings:
        rows = [i for i, r in enumerate(runs) if tuple(r[c] for c in ("others", "B", "mu", "wd")) == s]
        u = x[rows].T @ e[rows]
        meat += np.outer(u, u)
    g = len(settings)
    v = bread @ meat @ bread * g / (g - 1) * (n - 1) / (n - k)
    error = np.sqrt(np.diag(v))[: len(columns)]
    t = stats.t(g - k)
    around = y - dummies @ np.linalg.lstsq(dummies, y, rcond=None)[0]
    return dict(
        runs=n,
        settings=g,
        rSquared=float(1 - e @ e / (around @ around)),
        estimates=beta[: len(columns)].tolist(),
        errors=error.tolist(),
        lows=(beta[: len(columns)] - t.ppf(0.975) * error).tolist(),
        p=(2 * t.sf(np.abs(beta[: len(columns)]) / error)).tolist(),
    )


def correlation(x, y, controls, spearman):
    if spearman:
        x, y = stats.rankdata(x), stats.rankdata(y)
    taken = 0
    if controls is None:
        r = float(stats.pearsonr(x, y).statistic)
    else:
        taken = int(np.linalg.matrix_rank(controls)) - 1
        a = x - controls @ np.linalg.lstsq(controls, x, rcond=None)[0]
        b = y - controls @ np.linalg.lstsq(controls, y, rcond=None)[0]
        r = float(stats.pearsonr(a, b).statistic)
    m = len(x) - taken
    spread = math.sqrt((1 + r * r / 2 if spearman else 1) / (m - 3)) * stats.norm.ppf(0.975)
    return dict(
        taken=taken,
        coefficient=r,
        low=math.tanh(math.atanh(r) - spread),
        high=math.tanh(math.atanh(r) + spread),
        p=float(2 * stats.t(m - 2).sf(abs(r) * math.sqrt((m - 2) / (1 - r * r)))),
    )


def relation(runs, quality):
    means = defaultdict(list)
    for run in runs:
        means[tuple(run[k] for k in ("others", "B", "mu", "wd"))].append(run)
    x = np.array([np.mean([r["rank"] for r in group]) for group in means.values()])
    y = np.array([np.mean([quality(r) for r in group]) for group in means.values()])
    columns = [np.ones(len(means))]
    for axis in range(4):
        for value in sorted({key[axis] for key in means}):
            columns.append(np.array([float(key[axis] == value) for key in means]))
    controls = np.column_stack(columns)
    networks = {key[0] for key in means}
    by_network = np.column_stack([np.array([float(key[0] == n) for key in means]) for n in sorted(networks)])
    result = {
        f"{kind}-{name}": correlation(x, y, c, name == "spearman")
        for kind, c in (("marginal", by_network if len(networks) > 1 else None), ("partial", controls))
        for name in ("spearman", "pearson")
    }
    if len(networks) > 1:
        return result
    # SciPy's own, with its own interval.
    own = stats.pearsonr(x, y)
    assert abs(own.confidence_interval().low - result["marginal-pearson"]["low"]) < 1e-12
    assert abs(own.pvalue / result["marginal-pearson"]["p"] - 1) < 1e-6
    own = stats.spearmanr(x, y)
    assert abs(own.statistic - result["marginal-spearman"]["coefficient"]) < 1e-12
    assert abs(own.pvalue / result["marginal-spearman"]["p"] - 1) < 1e-6
    return result


def holm(p):
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(
        1, np.maximum.accumulate(np.sort(p) * np.arange(len(p), 0, -1))
    )
    return adjusted.tolist()


def ask(case):
    guess = stats.binom.ppf(0.9995, case["testExamples"], 1 / case["classes"]) / case["testExamples"]
    used = [r for r in case["runs"] if r["outcome"] == "COMPLETED" and r["test"] > guess]
    log = math.log
    each = [lambda r: log(r["B"]), lambda r: log(r["mu"]), lambda r: log(r["wd"])]
    together = [lambda r: log(r["B"] / (r["mu"] * r["wd"]))]
    case["golden"] = dict(
        bestGuess=float(guess),
        used=len(used),
        trends={name: trend(used, key) for name, key in AXES.items()},
        each=regression(used, each),
        together=regression(used, together),
        relations=dict(
            TEST_ACCURACY=relation(used, lambda r: r["test"]),
            GENERALIZATION_GAP=relation(used, lambda r: r["train"] - r["test"]),
        ),
    )
    return case


# No ties, no repeated level: SciPy has the exact distribution, and it is the enumerated one.
levels = [[3.1], [2.0], [4.4], [5.0], [4.5], [6.1]]
p = stats.kendalltau(range(6), [v[0] for v in levels], method="exact", alternative="greater").pvalue
own = exact([levels])
assert abs(sum(q for s, q in own.items() if s >= score(levels)) - p) < 1e-12

cases = [
    study("planted", (4, 16, 64), (0.01, 0.1), (0.0, 1e-3, 4e-3), 3, 0.15, 2, lost=(0, 1, 2, 9, 30)),
    study("one-seed", (2, 8, 32, 128), (0.02, 0.05, 0.2), (5e-4, 2e-3, 8e-3), 1, 0.4, 1),
    study("ties", (4, 16, 64), (0.01, 0.1), (0.0, 1e-3, 4e-3), 2, 0.05, -1, lost=(7,)),
    study("nothing", (4, 8, 16, 32), (0.01, 0.1), (1e-3, 4e-3), 2, 0.2, 3, effect=0.0),
    study("two-networks", (4, 16, 64), (0.01, 0.1), (1e-3, 4e-3), 2, 0.2, 2, others=("mlp", "wide mlp")),
]
p = [0.01, 0.04, 0.03, 0.005, 0.04, 1.0]
with open("statistics.json", "w") as out:
    json.dump(dict(holm=dict(p=p, adjusted=holm(p)), cases=[ask(case) for case in cases]), out, indent=1)
    out.write("\n")
