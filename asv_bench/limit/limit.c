/* What a good C programmer gets out of one thread: the limit that the kernels are compared with.

   Leapfrog and Metropolis of φ⁴ theory, S = Σ_x [−2κ Σ_μ φ_x φ_{x+μ} + (1 − 2λ) φ_x² + λ φ_x⁴],
   and fills with the random numbers of docs/random-numbers.md, in double and in float.  Compiled at
   benchmark time with -O3 -march=native -ffp-contract=fast: other than the kernels, this code may
   fuse multiplications with additions and uses shorter polynomials, so its last bits differ.  */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registers.h"

#include "philox.h"

#define REAL double
#define VECTOR f64s
#define MASK i64s
#define LANES LANES64
#define NAME(x) x##_float64
#include "leapfrog.inc"
#include "numbers64.inc"
#include "fills.inc"
#include "metropolis.inc"
#undef REAL
#undef VECTOR
#undef MASK
#undef LANES
#undef NAME

#define REAL float
#define VECTOR f32s
#define MASK i32s
#define LANES LANES32
#define NAME(x) x##_float32
#include "leapfrog.inc"
#include "numbers32.inc"
#include "fills.inc"
#include "metropolis.inc"
