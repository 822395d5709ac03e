#pragma once
// Reference numbers of one AlgoPerf model, recorded from its PyTorch implementation: two files,
// <case>.safetensors (keys state/, input/, output_eval/, output_train/, loss_*/, grad/) and
// <case>.json (weights_recipe, input_recipe, scalars of "eval" and "train").
//
//   const AlgoPerfFixture fixture(folder, "imagenet_vit");
//   fixture.set_parameters(*model);
//   const auto logits = model->forward(fixture.batch(), {.training = false, …}).logits;
//   EXPECT_LE(fixture.max_difference(logits, "output_eval/logits"), fixture.logit_tolerance());

#include "workloads/data/tensor_io.h"
#include "workloads/workload.h"

#include <nlohmann/json.hpp>

#include <string>

namespace timetrial::test {

/// The recipe for weights: a fixed integer hash of the flat index, scaled. Exact on every platform.
at::Tensor recipe_tensor(const std::vector<std::int64_t>& shape, std::uint32_t k, double offset,
                         double scale);
/// The same for integers: low + floor(hash / 2^32 * count), int64.
at::Tensor recipe_integers(const std::vector<std::int64_t>& shape, std::uint32_t k,
                           std::int64_t low, std::int64_t count);

class AlgoPerfFixture {
 public:
  AlgoPerfFixture(const std::filesystem::path& folder, const std::string& name);

  const nlohmann::json& sidecar() const { return sidecar_; }
  bool contains(const std::string& key) const { return tensors_->contains(key); }
  at::Tensor tensor(const std::string& key) const { return data::read(tensors_, key); }

  /// The input/ tensors, or what input_recipe says where they are not stored.
  Batch batch() const;
  /// Sets every parameter from the weights recipe. Throws std::invalid_argument when names or
  /// shapes of model and recipe differ.
  void set_parameters(const workloads::Model& model) const;

  /// Largest absolute difference to a stored tensor.
  double max_difference(const at::Tensor& found, const std::string& key) const;
  /// What float32 noise allows in logits: ten times that of the reference, at least 1e-5 of their
  /// scale.
  double logit_tolerance() const;
  /// Largest difference in gradient norm over all parameters, divided by the norm of the whole
  /// gradient. A gradient that is missing on one side counts with its norm on the other.
  double gradient_norm_difference(const workloads::Model& model) const;
  /// The same of the gradients themselves, where they are stored.
  double gradient_difference(const workloads::Model& model) const;

 private:
  nlohmann::json sidecar_;
  data::File tensors_;
};

}  // namespace timetrial::test
