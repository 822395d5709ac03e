#pragma once
// Sensitivity to the learning rate: how much worse training ends, on average over rates, than at
// the best of them.
//
//   S = mean over rates of [ min(loss, initial loss) - best loss ]
//
// in nats where losses are. A loss that is not finite, or that ends above the initial one, counts
// as the initial loss.
//
// Source  Wortsman et al. 2023, "Small-scale proxies for large-scale Transformer training
//         instabilities" (arXiv 2309.14322), section 2
//
// What S does not see, so that it is never shown without the losses themselves:
//   - The optimum may move: a fixed window of rates then holds other parts of two curves. A window
//     that slides with the optimum compares like with like, but not where the rates are.
//   - What never learns has S = 0, the best there is.
//   - Short training leaves low rates unfinished, which looks like sensitivity.
//   - Where an intervention changes what a rate means (another optimizer, muParam), curves move
//     along the axis, and their S over one window do not compare.

#include <cstddef>
#include <string>
#include <vector>

namespace timetrial::scoring {

/// Where training at one rate ended.
struct RateLoss {
  double rate = 0;
  double loss = 0;  ///< not finite: it diverged
};

struct Sensitivity {
  double value = 0;                     ///< S
  double best_rate = 0, best_loss = 0;  ///< the lowest loss and its rate
  std::size_t rates = 0;                ///< that it is a mean over
  std::size_t at_initial = 0;           ///< of them, those that count as the initial loss
  bool best_at_edge = false;   ///< at the lowest or highest rate: the optimum may lie beyond
  bool never_learned = false;  ///< no rate ended below the initial loss
};

/// Throws std::invalid_argument without rates, for rates that are not positive and rising, and for
/// an initial loss that is not finite.
Sensitivity sensitivity(const std::vector<RateLoss>& losses, double initial_loss);

/// Those with rates in [low, high], to one part in a million.
std::vector<RateLoss> within(const std::vector<RateLoss>& losses, double low, double high);

/// `count` neighbours (all, if there are fewer) around the lowest finite loss, as near to the
/// middle as the ends allow; of an even number the larger half lies below. Without a finite loss:
/// the last.
std::vector<RateLoss> around_best(const std::vector<RateLoss>& losses, std::size_t count);

/// A sentence on each blind spot that these results step into.
std::vector<std::string> blind_spots(const Sensitivity& all);

}  // namespace timetrial::scoring
