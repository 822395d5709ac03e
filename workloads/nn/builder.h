#pragma once
// How a model is put together: each parameter is named, typed, shaped and given its first values in
// one place, in the order in which AlgoPerf lists them.
//
//   class Classifier final : public nn::BuiltModel {
//    public:
//     explicit Classifier(c10::Device device)
//         : BuiltModel(device), head_(builder().linear("head", {.in = 8, .out = 2})) {}
//     ModelOutput forward(const Batch& batch, const ForwardOptions&) override {
//       return {head_(batch.inputs()), {}};
//     }
//    private:
//     nn::Linear head_;
//   };

#include "workloads/nn/init.h"
#include "workloads/nn/layers.h"
#include "workloads/workload.h"

#include <string>
#include <vector>

namespace timetrial::nn {

struct LinearSpec {
  std::int64_t in = 0, out = 0;
  bool bias = true;
  Initializer weight_init = lecun_normal();
  Initializer bias_init = zeros();
  ParameterType weight_type = ParameterType::weight;
  ParameterType bias_type = ParameterType::bias;
};

/// Adds parameters to a model under construction. Each is a float32 leaf that requires gradients,
/// uninitialised until Model::initialize.
class Builder {
 public:
  Builder(std::vector<Parameter>& parameters, c10::Device device)
      : parameters_(parameters), device_(device) {}

  at::Tensor parameter(const std::string& name, ParameterType type,
                       const std::vector<std::int64_t>& shape, const Initializer& initializer);
  /// `name`.weight and `name`.bias.
  Linear linear(const std::string& name, const LinearSpec& spec);
  LayerNorm layer_norm(const std::string& name, std::int64_t width, double epsilon = 1e-6);
  /// `name`.weight.
  Embedding embedding(const std::string& name, std::int64_t rows, std::int64_t width,
                      const Initializer& initializer);

  c10::Device device() const { return device_; }
  /// One per parameter, in their order.
  const std::vector<Initializer>& initializers() const { return initializers_; }

 private:
  std::vector<Parameter>& parameters_;
  std::vector<Initializer> initializers_;
  c10::Device device_;
};

/// A model whose parameters come from a Builder. A parameter's values depend on the seed and its
/// name alone, so a variant that adds a layer starts with its base's values everywhere else.
class BuiltModel : public workloads::Model {
 public:
  void initialize(std::uint64_t seed) override;

 protected:
  explicit BuiltModel(c10::Device device) : builder_(parameters_, device) {}
  Builder& builder() { return builder_; }

 private:
  Builder builder_;
};

}  // namespace timetrial::nn
