"""As-of features over canonical tables, by other programs: features.py make N DIR | pandas DIR OUT | duckdb DIR OUT.

`make` writes a workspace with N leads that have an owner and an outcome (data/*.parquet, attributes, features.toml).
`pandas` and `duckdb` read the same columns of the same files and write the same columns, those of that features.toml: win rates of all, of a rep, of a segment and of a rep x
segment, a rep's rate over 30 days, tenure, open leads, experience; each as of the last full hour before the decision.
Pointsman: pointsman features --workspace DIR. Each prints seconds and peak memory.
"""
import resource
import sys
import time

SPEC = '''format = 1
segments = ["product"]

[[feature]]
name = "product"
kind = "category"
source = { attribute = { entity = "lead", name = "product" } }
'''
NUMBERS = [
    ('all_rate', '{ win_rate = { of = "global", shrink = 20.0 } }'),
    ('rep_rate', '{ win_rate = { of = "rep", shrink = 20.0 } }'),
    ('product_rate', '{ win_rate = { of = { segment = "product" }, shrink = 20.0 } }'),
    ('rep_product_rate', '{ win_rate = { of = { rep_segment = "product" }, shrink = 20.0 } }'),
    ('rep_rate_30', '{ recent_rate = { days = 30, shrink = 20.0 } }'),
    ('tenure', '"tenure"'),
    ('open', '"open_leads"'),
    ('experience', '{ experience = { segment = "product" } }'),
]


def make(n, folder):
    import duckdb, os
    os.makedirs(f'{folder}/data', exist_ok=True)
    db = duckdb.connect()
    db.execute("SET threads = 2; SET memory_limit = '3GB'; SET TimeZone = 'UTC'; SELECT setseed(0.5)")
    db.execute(f"""CREATE TABLE l AS SELECT printf('lead_01%024d', i) AS id,
        TIMESTAMPTZ '2023-01-01 00:00:00Z' + to_microseconds(CAST(i * (94608000000000 / {n}) + random() * 3e6 AS BIGINT)) AS "at",
        'rep' || CAST(floor(200 * random() * random()) AS INT) AS rep, 'p' || CAST(floor(20 * random()) AS INT) AS a_product,
        random() < 0.25 AS won, to_microseconds(CAST(-ln(1 - random()) * 6e11 AS BIGINT)) AS delay FROM range({n}) t(i)""")
    to = lambda sql, name: db.execute(f"COPY ({sql}) TO '{folder}/data/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    nothing = "CAST(NULL AS VARCHAR)"
    to(f"""SELECT id, 'bench' AS source_system, id AS external_id, "at", "at" AS known_at, {nothing} AS contact_id, {nothing} AS account_id, a_product FROM l""", 'leads')
    to("""SELECT id AS lead_id, rep, "at", "at" AS known_at, 'first' AS kind, CAST(NULL AS DOUBLE) AS propensity FROM l""", 'assignments')
    to("""SELECT id AS lead_id, "at" + delay AS "at", "at" + delay AS known_at, CASE WHEN won THEN 'won' ELSE 'lost' END AS stage, CAST(NULL AS BIGINT) AS value FROM l""", 'outcomes')
    to("""SELECT '' AS id, '' AS lead_id, '' AS rep, "at", "at" AS known_at, '' AS kind, '' AS label, true AS human FROM l LIMIT 0""", 'activities')
    to("""SELECT '' AS id, '' AS external_id, "at" AS known_at, '' AS name, '' AS domain, '' AS parent_id, '' AS owner FROM l LIMIT 0""", 'accounts')
    open(f'{folder}/data/attributes.toml', 'w').write('format = 1\n[[lead]]\nname = "product"\ntype = "text"\n')
    numbers = ''.join(f'\n[[feature]]\nname = "{name}"\nkind = "number"\nsource = {source}\n' for name, source in NUMBERS)
    open(f'{folder}/features.toml', 'w').write(SPEC + numbers)


def with_pandas(folder, out):
    import numpy as np, pandas as pd
    read = lambda t, c: pd.read_parquet(f'{folder}/data/{t}.parquet', columns=c)
    given = read('assignments', ['lead_id', 'rep', 'at', 'kind'])
    d = given[given.kind == 'first'].drop(columns='kind').merge(read('leads', ['id', 'a_product']), left_on='lead_id', right_on='id')
    d = d.merge(read('outcomes', ['lead_id', 'known_at', 'stage', 'value']), on='lead_id', how='left').sort_values('at', kind='stable')
    d['border'] = d['at'].dt.floor('h')
    d['won'] = (d.stage == 'won').astype('int64')
    closed = d[d.known_at.notna()].sort_values('known_at', kind='stable')

    def as_of(keys):
        """Leads closed and won before each border, by keys."""
        if keys:
            g = closed.groupby(keys, sort=False)
            right = closed[keys + ['known_at']].assign(leads=g.cumcount() + 1, wins=g.won.cumsum())
        else:
            right = closed[['known_at']].assign(leads=np.arange(1, len(closed) + 1), wins=closed.won.cumsum())
        got = pd.merge_asof(d[keys + ['border']], right, left_on='border', right_on='known_at', by=keys or None,
                            allow_exact_matches=False)
        return got.leads.fillna(0).values, got.wins.fillna(0).values

    rate = lambda n, w, parent: (w + 20 * parent) / (n + 20)
    out_frame = d[['lead_id', 'rep', 'at', 'known_at', 'won', 'value', 'a_product']].copy()
    n, w = as_of([]); all_rate = rate(n, w, .5)
    out_frame['all_rate'] = all_rate
    n, w = as_of(['rep']); rep_rate = rate(n, w, all_rate); rep_closed = n
    out_frame['rep_rate'] = rep_rate
    n, w = as_of(['a_product']); out_frame['product_rate'] = rate(n, w, all_rate)
    n, w = as_of(['rep', 'a_product']); out_frame['rep_product_rate'] = rate(n, w, rep_rate)
    out_frame['experience'] = n
    day = d.border.dt.floor('D')
    daily = closed.assign(day=closed.known_at.dt.floor('D')).groupby(['rep', 'day']).won.agg(['size', 'sum']).reset_index().sort_values('day')
    daily[['n', 'w']] = daily.groupby('rep')[['size', 'sum']].cumsum()
    def until(at):
        left = pd.DataFrame({'rep': d.rep.values, 'at': at.array})
        got = pd.merge_asof(left, daily[['rep', 'day', 'n', 'w']], left_on='at', right_on='day', by='rep', allow_exact_matches=False)
        return got.n.fillna(0).values, got.w.fillna(0).values
    (n1, w1), (n0, w0) = until(day), until(day - pd.Timedelta(days=30))
    out_frame['rep_rate_30'] = rate(n1 - n0, w1 - w0, all_rate)
    first = d.groupby('rep')['at'].transform('min')
    tenure = (d.border - first).dt.total_seconds() / 86400
    out_frame['tenure'] = tenure.where(first < d.border)
    given = d[['rep', 'at']].assign(given=d.groupby('rep').cumcount() + 1)
    got = pd.merge_asof(d[['rep', 'border']], given, left_on='border', right_on='at', by='rep', allow_exact_matches=False)
    out_frame['open'] = got.given.fillna(0).values - rep_closed
    out_frame.to_parquet(out, compression='zstd', index=False)


def with_duckdb(folder, out):
    import duckdb
    db = duckdb.connect()
    db.execute("SET threads = 2; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    counts = lambda keys: f"""SELECT {keys} known_at, count(*) OVER w AS leads, sum(won) OVER w AS wins FROM closed
        WINDOW w AS ({'PARTITION BY ' + keys.rstrip(', ') if keys else ''} ORDER BY known_at ROWS UNBOUNDED PRECEDING)"""
    db.execute(f"""CREATE VIEW d AS SELECT a.lead_id, a.rep, a.at, l.a_product, o.known_at, o.value, CAST(o.stage = 'won' AS INT) AS won,
        date_trunc('hour', a.at) AS border FROM read_parquet('{folder}/data/assignments.parquet') a
        JOIN read_parquet('{folder}/data/leads.parquet') l ON l.id = a.lead_id
        LEFT JOIN read_parquet('{folder}/data/outcomes.parquet') o ON o.lead_id = a.lead_id WHERE a.kind = 'first'""")
    db.execute("CREATE TABLE t AS SELECT * FROM d")
    db.execute(f"""COPY (
      WITH closed AS (SELECT * FROM t WHERE known_at IS NOT NULL),
      daily AS (SELECT rep, day, sum(n) OVER w AS n, sum(k) OVER w AS k FROM (SELECT rep, date_trunc('day', known_at) AS day, count(*) AS n, sum(won) AS k FROM closed GROUP BY ALL)
        WINDOW w AS (PARTITION BY rep ORDER BY day ROWS UNBOUNDED PRECEDING)),
      given AS (SELECT rep, "at", row_number() OVER (PARTITION BY rep ORDER BY "at") AS given FROM t),
      x AS (SELECT t.*, (coalesce(g.wins, 0) + 10) / (coalesce(g.leads, 0) + 20) AS all_rate, coalesce(r.leads, 0) AS rn, coalesce(r.wins, 0) AS rw,
          coalesce(s.leads, 0) AS sn, coalesce(s.wins, 0) AS sw, coalesce(c.leads, 0) AS cn, coalesce(c.wins, 0) AS cw,
          coalesce(d1.n, 0) - coalesce(d0.n, 0) AS dn, coalesce(d1.k, 0) - coalesce(d0.k, 0) AS dw, coalesce(v.given, 0) AS given,
          min(t.at) OVER (PARTITION BY t.rep) AS first_at
        FROM t ASOF LEFT JOIN ({counts('')}) g ON t.border > g.known_at
        ASOF LEFT JOIN ({counts('rep, ')}) r ON t.rep = r.rep AND t.border > r.known_at
        ASOF LEFT JOIN ({counts('a_product, ')}) s ON t.a_product = s.a_product AND t.border > s.known_at
        ASOF LEFT JOIN ({counts('rep, a_product, ')}) c ON t.rep = c.rep AND t.a_product = c.a_product AND t.border > c.known_at
        ASOF LEFT JOIN daily d1 ON t.rep = d1.rep AND date_trunc('day', t.border) > d1.day
        ASOF LEFT JOIN daily d0 ON t.rep = d0.rep AND date_trunc('day', t.border) - INTERVAL 30 DAY > d0.day
        ASOF LEFT JOIN given v ON t.rep = v.rep AND t.border > v.at)
      SELECT lead_id, rep, "at", known_at, won, value, a_product, all_rate, (rw + 20 * all_rate) / (rn + 20) AS rep_rate, (sw + 20 * all_rate) / (sn + 20) AS product_rate,
        (cw + 20 * ((rw + 20 * all_rate) / (rn + 20))) / (cn + 20) AS rep_product_rate, (dw + 20 * all_rate) / (dn + 20) AS rep_rate_30,
        CASE WHEN first_at < border THEN epoch(border - first_at) / 86400 END AS tenure, given - rn AS open, cn AS experience
      FROM x ORDER BY "at", lead_id) TO '{out}' (FORMAT parquet, COMPRESSION zstd)""")


if __name__ == '__main__':
    what, first, second = sys.argv[1:4]
    start = time.time()
    if what == 'make':
        make(int(first), second)
    else:
        {'pandas': with_pandas, 'duckdb': with_duckdb}[what](first, second)
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    print(f'{what}: {time.time() - start:.1f} s, CPU {cpu.ru_utime + cpu.ru_stime:.1f} s, peak {cpu.ru_maxrss / 1e6:.2f} GB')
