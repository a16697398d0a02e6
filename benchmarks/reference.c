/* The recurrent kernels in C, for the Numba ones to be compared with.
 *
 * Compiled once per hidden size with -DH=<n>, H a multiple of LANES. Parameters as in
 * streamrnn.kernels, one row of P floats per stream:
 *     U (D, H)  W (H, H) by column  b (H)  V (H)  c (1)  zeros up to P
 *
 * Vectors are written out with the vector extension of GCC and Clang, and sums are kept in
 * registers by loops over the pieces outside of the loops over the terms. Plain loops over H, left
 * to the compiler to vectorise, are two to five times slower: they would flatter us.
 */
#include <math.h>
#include <string.h>

#define D 5
#define T 16
#define U 0
#define W (D * H)
#define B (W + H * H)
#define V (B + H)
#define C (V + H)
#define P ((C + 1 + 15) / 16 * 16)

#define LANES 8
#define N (H / LANES) /* pieces of a vector over the hidden units */
typedef float piece __attribute__((vector_size(4 * LANES), aligned(4)));
#define AT(a, i) (((piece *)(a))[i])
#define IN(a, i) (((const piece *)(a))[i])

static inline float total(piece x)
{
    float sum = 0.0f;
    for (int i = 0; i < LANES; i++)
        sum += x[i];
    return sum;
}

/* The rational approximation that the Numba kernels use; tanhf would cost several times more. */
static inline piece tanh_rational(piece x)
{
    for (int i = 0; i < LANES; i++)
        x[i] = fminf(fmaxf(x[i], -7.90531110763549805f), 7.90531110763549805f);
    const piece y = x * x;
    piece p = y * -2.76076847742355e-16f + 2.00018790482477e-13f;
    p = p * y - 8.60467152213735e-11f;
    p = p * y + 5.12229709037114e-08f;
    p = p * y + 1.48572235717979e-05f;
    p = p * y + 6.37261928875436e-04f;
    p = p * y + 4.89352455891786e-03f;
    piece q = y * 1.19825839466702e-06f + 1.18534705686654e-04f;
    q = q * y + 2.26843463243900e-03f;
    q = q * y + 4.89352518554385e-03f;
    return x * p / q;
}

/* out = tanh(U x + W s + b); out may not be s. Two sums, so that additions need not wait. */
static inline void elman_step(const float *restrict p, const float *restrict x,
                              const float *restrict s, float *restrict out)
{
    piece z0[N], z1[N];
    for (int i = 0; i < N; i++) {
        z0[i] = IN(p + B, i);
        z1[i] = IN(p + U, i) * x[0];
    }
    for (int d = 1; d < D; d++)
        for (int i = 0; i < N; i++)
            z1[i] += IN(p + U + d * H, i) * x[d];
    for (int j = 0; j < H; j += 2)
        for (int i = 0; i < N; i++) {
            z0[i] += IN(p + W + j * H, i) * s[j];
            z1[i] += IN(p + W + (j + 1) * H, i) * s[j + 1];
        }
    for (int i = 0; i < N; i++)
        AT(out, i) = tanh_rational(z0[i] + z1[i]);
}

static inline float head(const float *restrict p, const float *restrict s)
{
    piece sum = IN(p + V, 0) * IN(s, 0);
    for (int i = 1; i < N; i++)
        sum += IN(p + V, i) * IN(s, i);
    return p[C] + total(sum);
}

/* One step of n streams, `rounds` times. p (n, P), x (n, D), s (n, H), o (n). */
void step(const float *restrict p, const float *restrict x, float *restrict s, float *restrict o,
          long n, long rounds)
{
    for (long round = 0; round < rounds; round++)
        for (long k = 0; k < n; k++) {
            float out[H];
            elman_step(p + k * P, x + k * D, s + k * H, out);
            memcpy(s + k * H, out, sizeof out);
            o[k] = head(p + k * P, out);
        }
}

/* da (T, H), back through the window: da_t = (1 - s_t^2) (V do_t + W^T da_{t+1}). */
static inline void backward(const float *restrict p, const float *restrict s,
                            const float *restrict error, float *restrict da)
{
    float W_rows[H * H];
    for (int i = 0; i < H; i++)
        for (int j = 0; j < H; j++)
            W_rows[i * H + j] = p[W + j * H + i];
    for (int t = T - 1; t >= 0; t--) {
        piece ds0[N], ds1[N];
        for (int i = 0; i < N; i++) {
            ds0[i] = IN(p + V, i) * error[t];
            ds1[i] = ds0[i] - ds0[i];
        }
        if (t + 1 < T)
            for (int j = 0; j < H; j += 2)
                for (int i = 0; i < N; i++) {
                    ds0[i] += IN(W_rows + j * H, i) * da[(t + 1) * H + j];
                    ds1[i] += IN(W_rows + (j + 1) * H, i) * da[(t + 1) * H + j + 1];
                }
        for (int i = 0; i < N; i++) {
            const piece s_t = IN(s + (t + 1) * H, i);
            AT(da + t * H, i) = (ds0[i] + ds1[i]) * (1.0f - s_t * s_t);
        }
    }
}

/* g = sum over t of da_t factor_t: one row of a gradient; `stride` between the factors. */
static inline void sum_of_products(float *restrict g, const float *restrict da,
                                   const float *restrict factor, int stride)
{
    piece sum[N];
    for (int i = 0; i < N; i++)
        sum[i] = IN(da, i) * factor[0];
    for (int t = 1; t < T; t++)
        for (int i = 0; i < N; i++)
            sum[i] += IN(da + t * H, i) * factor[t * stride];
    for (int i = 0; i < N; i++)
        AT(g, i) = sum[i];
}

/* The gradient g (P) of the mean Huber loss over one window. x (T, D), y (T), s (T + 1, H) with
 * s[0] given. */
static inline void window_gradient(const float *restrict p, float *restrict g,
                                   const float *restrict x, const float *restrict y,
                                   float *restrict s, float huber)
{
    float error[T], da[T * H], ones[T];
    for (int t = 0; t < T; t++) {
        elman_step(p, x + t * D, s + t * H, s + (t + 1) * H);
        const float e = head(p, s + (t + 1) * H) - y[t];
        error[t] = fminf(fmaxf(e, -huber), huber) / T;
        ones[t] = 1.0f;
    }
    backward(p, s, error, da);
    for (int d = 0; d < D; d++)
        sum_of_products(g + U + d * H, da, x + d, D);
    for (int j = 0; j < H; j++)
        sum_of_products(g + W + j * H, da, s + j, H);
    sum_of_products(g + B, da, ones, 1);
    sum_of_products(g + V, s + H, error, 1);
    memset(g + C, 0, (P - C) * sizeof *g);
    for (int t = 0; t < T; t++)
        g[C] += error[t];
}

/* One SGD update of n streams, `rounds` times. p (n, P), x (n, T, D), y (n, T), s0 (n, H). */
void train(float *restrict p, const float *restrict x, const float *restrict y,
           const float *restrict s0, long n, long rounds, float huber, float limit, float rate)
{
    float g[P], s[(T + 1) * H];
    for (long round = 0; round < rounds; round++)
        for (long k = 0; k < n; k++) {
            memcpy(s, s0 + k * H, H * sizeof *s);
            window_gradient(p + k * P, g, x + k * T * D, y + k * T, s, huber);
            piece squares = IN(g, 0) * IN(g, 0);
            for (int i = 1; i < P / LANES; i++)
                squares += IN(g, i) * IN(g, i);
            const float norm = sqrtf(total(squares));
            const float scale = norm > limit ? rate * limit / norm : rate;
            for (int i = 0; i < P / LANES; i++)
                AT(p + k * P, i) -= IN(g, i) * scale;
        }
}
