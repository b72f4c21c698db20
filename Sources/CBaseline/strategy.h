#pragma once
/* sma_crossover with every statistic, as one would write it in C for this one purpose: the yardstick that the engine
 * is measured against. Same rules, same formulas, no checks, no options. */
#include <math.h>

struct baseline_trade {
    double size, entry, exit, commission, profit, rate;
    int entry_bar, exit_bar;
};

/* What a run reads and the memory it uses: columns of `count` entries, `trades` of at least as many. */
struct baseline_run {
    const double *open, *close, *log_return, *days;
    double *equity, *fast, *slow;
    struct baseline_trade *trades;
    int count;
};

struct baseline_figures {
    double duration, exposure, equity_final, equity_peak, commissions, return_, buy_hold, return_ann, volatility, cagr;
    double sharpe, sharpe_simple, sortino, calmar, alpha, beta, max_drawdown, avg_drawdown, max_drawdown_days;
    double avg_drawdown_days, win_rate, best, worst, avg_trade, max_trade_days, avg_trade_days, profit_factor;
    double profit_factor_pnl, expectancy, sqn, kelly;
    int trades;
};

static inline int baseline_trade_all(struct baseline_run *r, int fast, int slow) {
    const double commission = 0.002, almost_all = 1 - 0x1p-52;
    double cash = 10000, size = 0, entry = 0, fast_sum = 0, slow_sum = 0, last = 0;
    int trades = 0, entry_bar = 0, pending = 0;
    for (int t = 0; t < r->count; t++) {
        fast_sum += r->close[t];
        slow_sum += r->close[t];
        if (t >= fast) fast_sum -= r->close[t - fast];
        if (t >= slow) slow_sum -= r->close[t - slow];
        r->fast[t] = fast_sum / fast;
        r->slow[t] = slow_sum / slow;
    }
    for (int t = 0; t < slow; t++) r->equity[t] = cash;
    last = r->fast[slow - 1] - r->slow[slow - 1];
    for (int t = slow; t < r->count; t++) {
        if (pending) {
            double price = r->open[t];
            if (size) {
                double out = fabs(size) * price * commission, both = out + fabs(size) * entry * commission;
                struct baseline_trade *trade = &r->trades[trades++];
                cash += size * (price - entry) - out;
                *trade = (struct baseline_trade){size, entry, price, both, size * (price - entry) - both,
                    copysign(1, size) * (price / entry - 1) - both / (fabs(size) * entry), entry_bar, t};
                size = 0;
            }
            double unit = price + almost_all * price * commission / almost_all, units = floor(cash * almost_all / unit);
            if (units * unit > cash * almost_all) units -= 1;
            if (units > 0) {
                size = pending > 0 ? units : -units;
                entry = price;
                entry_bar = t;
                cash -= units * price * commission;
            }
            pending = 0;
        }
        r->equity[t] = cash + size * (r->close[t] - entry);
        double difference = r->fast[t] - r->slow[t];
        if (last < 0 && difference > 0) pending = 1;
        else if (last > 0 && difference < 0) pending = -1;
        if (difference != 0) last = difference;
    }
    return trades;
}

static inline void baseline_equity(const struct baseline_run *r, int slow, struct baseline_figures *f) {
    const double *e = r->equity, year = 252;
    const int n = r->count, k = n - 1;
    double sum = 0, squares = 0, losses = 0, own = 0, market = 0, products = 0, market_squares = 0;
    for (int t = 1; t < n; t++) {
        double q = e[t] / e[t - 1], x = q - 1, l = log(q), m = r->log_return[t];
        sum += x;
        squares += x * x;
        if (x < 0) losses += x * x;
        own += l;
        market += m;
        products += l * m;
        market_squares += m * m;
    }
    double peak = -1, low = 0, depth = 0, depths = 0, lengths = 0, longest = 0;
    int peak_bar = 0, episodes = 0;
    for (int t = 0; t < n; t++) {
        if (e[t] >= peak || t == n - 1) {
            if (e[t] < peak) low = fmin(low, e[t]), depth = fmax(depth, 1 - low / peak);
            if (t > peak_bar + 1) {
                double length = r->days[t] - r->days[peak_bar];
                episodes++;
                depths += 1 - low / peak;
                lengths += length;
                longest = fmax(longest, length);
            }
            if (e[t] < peak) break;
            peak = low = e[t];
            peak_bar = t;
        } else if (e[t] < low) {
            low = e[t];
            depth = fmax(depth, 1 - low / peak);
        }
    }
    double g = exp(own / k) - 1, variance = (squares - sum * sum / k) / (k - 1), g2 = (1 + g) * (1 + g);
    f->duration = r->days[k] - r->days[0];
    f->equity_final = e[k];
    f->equity_peak = peak;
    f->return_ = (e[k] / e[0] - 1) * 100;
    f->buy_hold = (r->close[k] / r->close[slow - 1] - 1) * 100;
    f->return_ann = pow(1 + g, year) - 1;
    f->volatility = sqrt(pow(variance + g2, year) - pow(g2, year));
    f->cagr = pow(e[k] / e[0], 365.25 / f->duration) - 1;
    f->sharpe = f->return_ann / f->volatility;
    f->sharpe_simple = sum / k / sqrt(variance) * sqrt(year);
    f->sortino = f->return_ann / (sqrt(losses / k) * sqrt(year));
    f->calmar = f->return_ann / depth;
    f->beta = (products - own * market / k) / (market_squares - market * market / k);
    f->alpha = f->return_ - f->beta * f->buy_hold;
    f->max_drawdown = -depth * 100;
    f->avg_drawdown = -depths / episodes * 100;
    f->max_drawdown_days = longest;
    f->avg_drawdown_days = ceil(lengths / episodes);
}

static inline void baseline_trades(const struct baseline_run *r, int trades, struct baseline_figures *f) {
    double commissions = 0, wins = 0, lost = 0, up = 0, down = 0, money_up = 0, money_down = 0, logs = 0, sum = 0;
    double profit = 0, squares = 0, best = -1e300, worst = 1e300, days = 0, longest = 0, exposed = 0;
    int counted = -1;
    for (int i = 0; i < trades; i++) {
        const struct baseline_trade *t = &r->trades[i];
        double length = r->days[t->exit_bar] - r->days[t->entry_bar];
        commissions += t->commission;
        if (t->profit > 0) wins++, money_up += t->profit;
        else if (t->profit < 0) lost++, money_down += t->profit;
        if (t->rate > 0) up += t->rate;
        else down += t->rate;
        sum += t->rate;
        logs += log(1 + t->rate);
        profit += t->profit;
        best = fmax(best, t->rate);
        worst = fmin(worst, t->rate);
        days += length;
        longest = fmax(longest, length);
        exposed += t->exit_bar - (t->entry_bar > counted ? t->entry_bar : counted + 1) + 1;
        counted = t->exit_bar;
    }
    double mean = profit / trades, win = wins / trades;
    for (int i = 0; i < trades; i++) squares += (r->trades[i].profit - mean) * (r->trades[i].profit - mean);
    f->trades = trades;
    f->commissions = commissions;
    f->exposure = 100 * exposed / r->count;
    f->win_rate = 100 * win;
    f->best = best * 100;
    f->worst = worst * 100;
    f->avg_trade = (exp(logs / trades) - 1) * 100;
    f->expectancy = sum / trades * 100;
    f->max_trade_days = longest;
    f->avg_trade_days = ceil(days / trades);
    f->profit_factor = up / -down;
    f->profit_factor_pnl = money_up / -money_down;
    f->sqn = sqrt(trades) * mean / sqrt(squares / (trades - 1));
    f->kelly = win - (1 - win) / ((money_up / wins) / (-money_down / lost));
}

static inline struct baseline_figures baseline_sma_crossover(struct baseline_run *r, int fast, int slow) {
    struct baseline_figures figures;
    int trades = baseline_trade_all(r, fast, slow);
    baseline_equity(r, slow, &figures);
    baseline_trades(r, trades, &figures);
    return figures;
}
