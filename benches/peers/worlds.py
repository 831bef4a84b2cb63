"""Worlds whose truth is known, of shapes that differ from one another: worlds.py KIND OUT [SEED].

Writes OUT.csv (lead_id, ts, label_ts, rep, y, value, propensity, p_true, c_*, n_*) in order of time and OUT.truth.npy:
the true probability of the last leads with every rep, columns in byte order of the rep names.

blocks    rep x category slopes, rep intercepts, a curve in the lead's own effect
lowrank   three hidden skills: what a rep adds is the product of rep and lead factors
tree      groups of reps are good at leads inside boxes (this source and that size, above an amount)
none      reps do not differ at all
drift     what a source and an industry are worth wanders; half of the reps change for good in the middle
thin      2,000 reps with ten leads each
numeric   reps differ along numbers (amount, distance), and one number matters in the middle only
rare      many categories with many levels, few wins (5 %)
"""
import sys
import numpy as np
import pandas as pd

SIZES = dict(thin=(20000, 2000), none=(20000, 100), rare=(30000, 60))


def world(kind, seed):
    g = np.random.default_rng(seed)
    n, reps = SIZES.get(kind, (24000, 120))
    wide = kind == 'rare'
    levels = dict(source=8, industry=12, region=6, size=4, product=5)
    if wide:
        levels = dict(source=30, industry=80, region=40, campaign=200)
    lead = {k: g.choice(v, n, p=g.dirichlet(np.full(v, 2.0))) for k, v in levels.items()}
    x = g.normal(size=(n, 4))
    t = np.sort(g.uniform(size=n))
    base = (-3.6 if wide else -1.2) + sum(g.normal(0, .4, v)[lead[k]] for k, v in levels.items())
    base = base + .4 * x[:, 0] + .4 * np.sin(2 * x[:, 1])
    skill = g.normal(0, .4, reps)
    late = g.uniform(size=reps) < .1
    start = np.where(late, g.uniform(.3, .7, reps), 0)
    if kind == 'none':
        def extra(i, r): return np.zeros(len(i))
    elif kind == 'lowrank':
        factors = 3
        rep_f = g.normal(0, 1, (reps, factors))
        lead_f = sum(g.normal(0, .28, (v, factors))[lead[k]] for k, v in levels.items())
        lead_f = lead_f + .2 * x[:, [2]] * g.normal(0, 1, (1, factors))
        def extra(i, r): return .5 * skill[r] + (rep_f[r] * lead_f[i]).sum(1)
    elif kind == 'tree':
        group = g.integers(0, 6, reps)
        boxes = []
        for _ in range(6):
            a, b = g.choice(list(levels), 2, replace=False)
            inside = np.isin(lead[a], g.choice(levels[a], max(1, levels[a] // 2), replace=False))
            inside &= np.isin(lead[b], g.choice(levels[b], max(1, levels[b] // 2), replace=False))
            boxes.append(inside & (x[:, g.integers(0, 4)] > g.normal(0, .3)))
        boxes = np.array(boxes)
        def extra(i, r): return .4 * skill[r] + 1.3 * boxes[group[r], i]
    elif kind == 'drift':
        walk = lambda v: np.cumsum(g.normal(0, .35, (12, v)), axis=0)
        ws, wi = walk(levels['source']), walk(levels['industry'])
        month = np.minimum((t * 12).astype(int), 11)
        base = base + ws[month, lead['source']] + wi[month, lead['industry']]
        other = np.where(g.uniform(size=reps) < .5, g.normal(0, .5, reps), 0)
        ind = g.normal(0, .35, (reps, levels['industry']))
        def extra(i, r): return skill[r] + other[r] * (t[i] > .5) + ind[r, lead['industry'][i]]
    elif kind == 'numeric':
        slope = g.normal(0, .35, (reps, 2))
        base = base + .8 * (np.abs(x[:, 2]) < .6)
        threshold = g.normal(0, .6, reps)
        def extra(i, r): return .5 * skill[r] + (slope[r] * x[i, :2]).sum(1) + .6 * (x[i, 3] > threshold[r])
    else:
        sd = .25 if kind == 'thin' else .4
        first, second = list(levels)[1], list(levels)[3]
        a, b = g.normal(0, sd, (reps, levels[first])), g.normal(0, .25, (reps, levels[second]))
        def extra(i, r): return skill[r] + a[r, lead[first][i]] + b[r, lead[second][i]]
    volume = np.full(reps, 1.) if kind == 'thin' else g.pareto(1.5, reps) + .4
    home = g.integers(0, levels['region'], reps)
    rep, propensity = np.empty(n, int), np.empty(n)
    for i in range(n):
        w = volume * np.where(home == lead['region'][i], 3, 1) * np.exp(.5 * skill) * (start <= t[i])
        w = w / w.sum()
        rep[i] = g.choice(reps, p=w)
        propensity[i] = w[rep[i]]
    def p(i, r): return 1 / (1 + np.exp(-(base[i] + extra(i, r))))
    own = p(np.arange(n), rep)
    y = (g.uniform(size=n) < own).astype(int)
    table = pd.DataFrame(dict(lead_id=np.arange(n), ts=t, label_ts=t, rep=[f'r{r:04d}' for r in rep], y=y, value=1.0,
                              propensity=propensity, p_true=own))
    for k in levels:
        table['c_' + k] = [f'{k[0]}{v}' for v in lead[k]]
    for j in range(4):
        table[f'n_x{j}'] = x[:, j]
    if kind == 'rare':
        table.loc[g.uniform(size=n) < .15, 'n_x3'] = np.nan
    test = np.arange(n - 1200, n)
    names = sorted(table.rep.unique())
    columns = [int(name[1:]) for name in names]
    truth = np.array([p(test, np.full(len(test), r)) for r in columns]).T
    return table, truth


if __name__ == '__main__':
    kind, out = sys.argv[1], sys.argv[2]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    table, truth = world(kind, seed)
    table.to_csv(out + '.csv', index=False)
    np.save(out + '.truth.npy', truth.astype(np.float32))
    print(kind, len(table), 'leads', truth.shape[1], 'reps', 'won', round(table.y.mean(), 3),
          'mean', round(truth.mean(), 4), 'best', round(truth.max(1).mean(), 4))
