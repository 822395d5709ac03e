#pragma once
// One model as a reference implementation ran it: weights, a batch, and what came out. Two files
// beside each other:
//
//   CASE.safetensors   state/ input/ output_eval/ output_train/ loss_eval/ loss_train/
//                      state_after_train/ grad/, by the names of AlgoPerf's PyTorch state_dict
//   CASE.json          constructor, weights_recipe, input_recipe, scalars of "eval" and "train"
//
//   const RecordedCase recorded("fixtures/imagenet_vit.safetensors");
//   const auto workload = base.in_recorded_sizes(recorded.sidecar().at("constructor"));
//   const auto model = workload->make_model(at::kCPU);
//   recorded.set_values(*model);
//   const Batch batch = workload->recorded_batch(recorded.inputs(), /*training=*/false);
//
// Weights and inputs that are not stored are made from their recipe, which is exact on every
// platform. Fields that the JSON lacks throw nlohmann::json's exceptions.

#include "workloads/data/tensor_io.h"
#include "workloads/workload.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace timetrial::conformance {

class RecordedCase {
 public:
  /// Either of the two files; the other lies beside it. Throws InputError naming the file that is
  /// missing or malformed, and what was expected of it.
  explicit RecordedCase(const std::filesystem::path& file);

  const std::string& name() const { return name_; }  ///< the files' stem
  const nlohmann::json& sidecar() const { return *sidecar_; }
  const std::filesystem::path& file() const { return file_; }  ///< the .json
  bool contains(const std::string& key) const { return tensors_->contains(key); }
  at::Tensor tensor(const std::string& key) const { return data::read(tensors_, key); }
  /// The names below `prefix`, such as "grad/", without it.
  std::vector<std::string> names(const std::string& prefix) const;

  /// The input/ tensors by name, or what input_recipe says where they are not stored.
  std::map<std::string, at::Tensor> inputs() const;

  /// One line for each parameter or state tensor that is missing here or there, or has another
  /// shape; empty when model and case fit.
  std::vector<std::string> mismatches(const workloads::Model& model) const;
  /// Sets all parameters and state. Throws std::invalid_argument with the first mismatch.
  void set_values(const workloads::Model& model) const;

 private:
  std::map<std::string, at::Tensor> values() const;

  std::string name_;
  std::filesystem::path file_;
  std::shared_ptr<const nlohmann::json> sidecar_;
  data::File tensors_;
};

}  // namespace timetrial::conformance
