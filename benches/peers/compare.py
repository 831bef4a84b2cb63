"""Pointsman beside its peers on one table, in one run: compare.py POINTSMAN TABLE.csv [TRUTH.npy] [--split S] [--until U]
[--labels-known] [--peers FILE.json to keep and reuse the peers' predictions].

With TRUTH the test rows are the last rows of the truth. Peers are tuned on the last fifth of the training rows: base rate,
shrunken rate, logistic with rep interactions, LightGBM, XGBoost, CatBoost. Prints log-loss, AUC, ECE, both gaps, and the 95 %
paired bootstrap interval of Pointsman's log-loss minus that of the best peer.
"""
import argparse, json, os, subprocess, sys, tempfile, time, warnings
warnings.filterwarnings('ignore')
os.environ.setdefault('OMP_NUM_THREADS', '2')
import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment

THREADS = 2


def losses(y, p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def auc(y, p):
    rank = pd.Series(p).rank().values
    a = y.sum()
    return (rank[y == 1].sum() - a * (a + 1) / 2) / (a * (len(y) - a))


def ece(y, p):
    bins = np.minimum((p * 10).astype(int), 9)
    return sum(abs(y[bins == k].mean() - p[bins == k].mean()) * (bins == k).mean() for k in range(10) if (bins == k).any())


def assigned(M, P):
    L, R = P.shape
    c = int(np.ceil(1.2 * L / R))
    return P[np.arange(L), linear_sum_assignment(-np.repeat(M, c, 1))[1] // c].mean()


def gaps(Q, P):
    top = (P[np.arange(len(P)), Q.argmax(1)].mean() - P.mean()) / (P.max(1).mean() - P.mean())
    return assigned(Q, P), top


def load(args):
    d = pd.read_csv(args.table, keep_default_na=False, na_values=[''])
    d['rep'] = d.rep.astype(str)
    if args.truth:
        L = len(np.load(args.truth))
        train = np.arange(len(d)) < len(d) - L
        test = ~train
    else:
        try:
            k = int(len(d) * float(args.split))
            train = np.arange(len(d)) < k
            test = ~train
        except ValueError:
            ts, label, at = pd.to_datetime(d.ts), pd.to_datetime(d.label_ts), pd.Timestamp(args.split)
            train = (ts < at) & ((label < at) if args.labels_known else True)
            test = (ts >= at) & ((ts < pd.Timestamp(args.until)) if args.until else True)
    cats = [c for c in d if c.startswith('c_')]
    nums = [c for c in d if c.startswith('n_')]
    for c in cats:
        d[c] = d[c].astype(str)
    for c in nums:
        d[c] = pd.to_numeric(d[c])
    return d[train].reset_index(drop=True), d[test].reset_index(drop=True), cats, nums


def peers(train, test, cats, nums, pairs):
    """Name -> (probability of test rows, probability of pairs, seconds of the final fit)."""
    import lightgbm as lgb, xgboost as xgb, catboost as cb
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    out = {}
    y = train.y.values
    v = int(len(train) * .8)
    m = y.mean()
    out['base rate'] = (np.full(len(test), m), np.full(len(pairs), m) if pairs is not None else None, 0)
    g = train.groupby('rep').y.agg(['sum', 'size'])
    rate = (g['sum'] + 30 * m) / (g['size'] + 30)
    out['shrunken rate'] = (test.rep.map(rate).fillna(m).values,
                            pairs.rep.map(rate).fillna(m).values if pairs is not None else None, 0)
    both = lambda f: (f(test), f(pairs) if pairs is not None else None)
    # logistic regression with rep interactions
    low = [c for c in cats if train[c].nunique() <= 60]
    cross = lambda d: d.assign(**{'x' + c: d.rep + '|' + d[c] for c in low})
    columns = cats + ['rep'] + ['x' + c for c in low]
    filled = lambda d: d[nums].fillna(train[nums].mean()).values if nums else None
    def logistic(a, C):
        oh = OneHotEncoder(handle_unknown='ignore', min_frequency=2).fit(cross(a)[columns])
        sc = StandardScaler().fit(filled(a)) if nums else None
        X = lambda d: sp.hstack([oh.transform(cross(d)[columns])] + ([sp.csr_matrix(np.clip(sc.transform(filled(d)), -5, 5))] if nums else [])).tocsr()
        model = LogisticRegression(C=C, max_iter=300).fit(X(a), a.y)
        return lambda d: model.predict_proba(X(d))[:, 1]
    grid = {C: losses(y[v:], logistic(train.iloc[:v], C)(train.iloc[v:])).mean() for C in (.03, .1, .3)}
    t = time.time(); f = logistic(train, min(grid, key=grid.get)); t = time.time() - t
    out['logistic, rep interactions'] = (*both(f), t)
    names = {c: {k: i for i, k in enumerate(train[c].unique())} for c in cats + ['rep']}
    code = lambda d: np.column_stack([d[c].map(names[c]).fillna(-1).values for c in cats + ['rep']] + [d[c].values for c in nums])
    ci = list(range(len(cats) + 1))
    X = code(train)
    best = None
    for leaves in (7, 31):
        for smooth in (10, 50):
            prm = dict(objective='binary', learning_rate=.08, num_leaves=leaves, min_data_in_leaf=20, cat_smooth=smooth, lambda_l2=1., feature_fraction=.8, bagging_fraction=.8, bagging_freq=1, verbosity=-1, num_threads=THREADS, seed=0)
            b = lgb.train(prm, lgb.Dataset(X[:v], y[:v], categorical_feature=ci, free_raw_data=False), 500, valid_sets=[lgb.Dataset(X[v:], y[v:], categorical_feature=ci, free_raw_data=False)], callbacks=[lgb.early_stopping(20, verbose=False)])
            s = b.best_score['valid_0']['binary_logloss']
            if best is None or s < best[0]: best = (s, prm, max(5, b.best_iteration))
    t = time.time(); b = lgb.train(best[1], lgb.Dataset(X, y, categorical_feature=ci), int(best[2] * 1.1)); t = time.time() - t
    out['LightGBM'] = (*both(lambda d: b.predict(code(d))), t)
    def matrix(d, target=None):
        Z = pd.DataFrame(code(d))
        for i in ci: Z[i] = pd.Categorical(Z[i].astype(int), categories=range(len(names[(cats + ['rep'])[i]])))
        return xgb.DMatrix(Z, target, enable_categorical=True)
    best = None
    A, B = matrix(train.iloc[:v], y[:v]), matrix(train.iloc[v:], y[v:])
    for depth in (2, 4):
        prm = dict(objective='binary:logistic', eta=.1, max_depth=depth, min_child_weight=5, reg_lambda=2, subsample=.8, colsample_bytree=.8, tree_method='hist', nthread=THREADS, seed=0, eval_metric='logloss')
        x = xgb.train(prm, A, 300, evals=[(B, 'v')], early_stopping_rounds=20, verbose_eval=False)
        if best is None or x.best_score < best[0]: best = (x.best_score, prm, max(5, x.best_iteration + 1))
    full = matrix(train, y)
    t = time.time(); x = xgb.train(best[1], full, int(best[2] * 1.1)); t = time.time() - t
    out['XGBoost'] = (*both(lambda d: x.predict(matrix(d))), t)
    pool = lambda d, target=None: cb.Pool(d[cats + ['rep'] + nums], target, cat_features=ci)
    prm = dict(learning_rate=.1, depth=5, l2_leaf_reg=5, verbose=0, thread_count=THREADS, random_seed=0, allow_writing_files=False)
    c = cb.CatBoostClassifier(iterations=300, od_type='Iter', od_wait=20, **prm).fit(pool(train.iloc[:v], y[:v]), eval_set=pool(train.iloc[v:], y[v:]))
    full = pool(train, y)
    t = time.time(); c = cb.CatBoostClassifier(iterations=max(5, int(c.tree_count_ * 1.1)), **prm).fit(full); t = time.time() - t
    out['CatBoost'] = (*both(lambda d: c.predict_proba(pool(d))[:, 1]), t)
    return out


def pointsman(args, test):
    with tempfile.TemporaryDirectory() as folder:
        predictions = os.path.join(folder, 'p.csv')
        split = ['--split', 'truth', '--truth', args.truth] if args.truth else ['--split', args.split]
        more = (['--until', args.until] if args.until else []) + (['--labels-known'] if args.labels_known else [])
        run = subprocess.run([args.pointsman, 'evaluate', '--table', args.table, '--json', '--predictions', predictions, *split, *more], capture_output=True, text=True)
        if run.returncode: sys.exit(run.stderr)
        p = pd.read_csv(predictions)
        assert len(p) == len(test)
        return json.loads(run.stdout), p.p.values


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('pointsman', help='the binary; - only fills --peers'); parser.add_argument('table'); parser.add_argument('truth', nargs='?')
    parser.add_argument('--split'); parser.add_argument('--until'); parser.add_argument('--labels-known', action='store_true')
    parser.add_argument('--peers', help='file that keeps the peers\' predictions (.json)')
    args = parser.parse_args()
    train, test, cats, nums = load(args)
    y = test.y.values
    P = np.load(args.truth).astype(float) if args.truth else None
    pairs = None
    if P is not None:
        reps = sorted(set(train.rep) | set(test.rep))
        pairs = test.loc[np.repeat(np.arange(len(test)), len(reps))].reset_index(drop=True)
        pairs['rep'] = reps * len(test)
    if args.peers and os.path.exists(args.peers):
        saved = json.load(open(args.peers))
        rows = {k: (np.array(r['p']), *r['rest']) for k, r in saved.items()}
    else:
        rows = {}
        ceiling = assigned(P, P) if P is not None else None
        for k, (p, q, t) in peers(train, test, cats, nums, pairs).items():
            gap = (None, None)
            if q is not None:
                got, top = gaps(q.reshape(P.shape), P)
                gap = ((got - P.mean()) / (ceiling - P.mean()), top)
            rows[k] = (p, *gap, t)
        if args.peers:
            json.dump({k: dict(p=list(map(float, r[0])), rest=r[1:]) for k, r in rows.items()}, open(args.peers, 'w'))
    if args.pointsman == '-':
        return
    report, p = pointsman(args, test)
    rows['Pointsman'] = (p, report.get('capacity_gap_closed'), report.get('top1_gap_closed'), report['train_seconds'])
    if 'p_true' in test:
        rows['(the truth)'] = (test.p_true.values, 1., 1., 0)
    L = {k: losses(y, r[0]) for k, r in rows.items()}
    best = min((k for k in rows if k not in ('Pointsman', '(the truth)')), key=lambda k: L[k].mean())
    W = np.random.default_rng(1).multinomial(len(y), np.full(len(y), 1 / len(y)), size=2000) / len(y)
    difference = W @ (L['Pointsman'] - L[best])
    print(f'## {os.path.basename(args.table)}: {len(train)} + {len(test)} rows')
    for k, (p, gap, top, t) in rows.items():
        show = lambda g: '      ' if g is None else f'{g:6.3f}'
        print(f'{k:28} log-loss {L[k].mean():.4f}  AUC {auc(y, p):.3f}  ECE {ece(y, p):.3f}  gap {show(gap)}  top-1 {show(top)}  fit {t:6.2f} s')
    lo, hi = np.quantile(difference, [.025, .975])
    verdict = 'better' if hi < 0 else 'worse' if lo > 0 else 'level'
    print(f'Pointsman - {best}: {(L["Pointsman"] - L[best]).mean():+.4f} [{lo:+.4f}, {hi:+.4f}] {verdict}')
    print('kept: ' + ', '.join(f"{l['layer']} {l['gain']:.4f}±{l['standard_error']:.4f}" for l in report['layers'] if l['verdict'].startswith('kept')))
    print('not: ' + ', '.join(f"{l['layer']} {l['gain'] or 0:.4f}±{l['standard_error'] or 0:.4f}" for l in report['layers'] if not l['verdict'].startswith('kept')))


main()
