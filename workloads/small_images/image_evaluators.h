#pragma once
// What can be seen of a trained classifier of small images, from held-back data alone.
//
//   calibration    temperature fitted on validation; on test: ece, nll, brier, and the same after
//                  scaling ("scaled_ece", …)
//   corruptions    accuracy on the first 1,000 test images, each corrupted in five ways and five
//                  severities: "noise_1" … "pixelation_5", means of each kind ("noise"), "clean",
//                  "mean"
//   fairness       accuracy by group (the texture, or else the label): "worst_group", "best_group",
//                  "gap". With textures also the cost of parity of the decision "label in the first
//                  half" between both halves of the textures: "parity_0" … "parity_1", the best
//                  accuracy with that largest gap between their rates
//   fewshot_ridge  ridge regression on frozen features, 5 and 10 examples of each class
//                  ("accuracy_5", "accuracy_10"), mean of 3 draws from validation
//   linear_probe   softmax regression on frozen features: "accuracy", "chance"; "shuffled": the
//                  accuracy where each split's labels are those of its other examples
//   shape_bias     on images whose texture belongs to another shape: "shape_bias", "decided",
//                  "accuracy"; with conflicts only
//
// Both probes learn the texture where images have one, which training was not asked for, and else
// the label; on the first two thirds of validation, hyperparameters are chosen on its last third.
// The features are ModelOutput::representation. Metrics and their sources: workloads/metrics

#include "workloads/small_images/small_images.h"

#include <map>
#include <string>
#include <vector>

namespace timetrial::small_images {

/// Held-back examples of one workload. Borrows nothing.
struct StudiedImages {
  Format format;
  Examples validation, test;
  Examples conflicts;  ///< undefined tensors where there are none
};

std::vector<std::string> evaluators_of(const StudiedImages& data);
/// As workloads::Evaluators::look.
std::map<std::string, double> look(const std::string& evaluator, workloads::Model& model,
                                   const StudiedImages& data, std::int64_t batch_size);

}  // namespace timetrial::small_images
