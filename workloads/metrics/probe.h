#pragma once
// What a frozen representation knows: linear classifiers trained on features alone.
//
// Features are standardised by the training set's mean and deviation (a feature that is constant
// there is 0). Hyperparameters are chosen by the accuracy on validation, the first among equals.
//
//   ridge     W = (X^T X + lambda I)^-1 X^T Y for targets of 1 and -1, with an intercept, lambda of
//             2^-10, 2^-9 ... 2^10; closed form
//   softmax   logistic regression by stochastic gradient descent with momentum 0.9, batches of 256,
//             a rate of 0.001, 0.003 ... 1 that falls by half a cosine, without weight decay
//
// Source  the linear probe and few-shot evaluation of Dosovitskiy et al. 2021 (arXiv 2010.11929),
//         section 4.1 (ridge on targets of -1 and 1) and appendix D
//
// features float [N, D], labels int64 [N] in [0, classes): std::invalid_argument otherwise, or for
// an empty set. Computed in double.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::metrics {

struct LabelledFeatures {
  at::Tensor features, labels;
};

struct ProbeData {
  LabelledFeatures training, validation, test;
  std::int64_t classes = 0;
};

struct ProbeResult {
  double test_accuracy = 0, validation_accuracy = 0;
  double chosen = 0;  ///< lambda, or the learning rate
};

ProbeResult ridge_probe(const ProbeData& data);

/// `seed` is that of the order of examples.
ProbeResult softmax_probe(const ProbeData& data, std::int64_t epochs, std::uint64_t seed);

/// `shots` examples of each class, drawn by `seed`, in the order of classes. Throws
/// std::invalid_argument for a class with fewer.
LabelledFeatures few_shots(const LabelledFeatures& all, std::int64_t classes, std::int64_t shots,
                           std::uint64_t seed);

}  // namespace timetrial::metrics
