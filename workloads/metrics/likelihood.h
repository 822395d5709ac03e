#pragma once
// What a language model's summed negative log-likelihood says, in the field's units.

#include <cmath>

namespace timetrial::metrics {

/// exp(nats per token).
inline double perplexity(double nats, double tokens) { return std::exp(nats / tokens); }

/// Bits needed per byte of the text itself: comparable between tokenizers, unlike perplexity.
inline double bits_per_byte(double nats, double bytes) { return nats / (bytes * std::log(2.0)); }

}  // namespace timetrial::metrics
