"""One fit of LightGBM beside one fit of HierLogit on the same rows: train.py ROWS [REPS].

Writes nothing; makes the same kind of table as `cargo run --release -p pointsman-training --example hier_speed -- ROWS`.
Five categories, four numbers, 200 reps, two threads, 300 trees.
"""
import sys
import time

import lightgbm as lgb
import numpy as np

rows, reps = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200
g = np.random.default_rng(1)
levels = [8, 12, 6, 4, 5]
X = np.column_stack([g.integers(0, v, rows) for v in levels] + [g.integers(0, reps, rows)] + [g.normal(size=rows) for _ in range(4)])
z = -1.2 + .3 * X[:, 6] + g.normal(0, .4, reps)[X[:, 5].astype(int)]
y = (g.uniform(size=rows) < 1 / (1 + np.exp(-z))).astype(int)
start = time.time(), time.process_time()
data = lgb.Dataset(X, y, categorical_feature=list(range(6)))
lgb.train(dict(objective='binary', learning_rate=.05, num_leaves=31, num_threads=2, verbosity=-1), data, 300)
print(f'LightGBM {lgb.__version__}, 300 trees, 2 threads: {time.time() - start[0]:.1f} s, CPU {time.process_time() - start[1]:.1f} s')
