#include "tests/support/algoperf_fixture.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <fstream>
#include <stdexcept>

namespace timetrial::test {
namespace {

using Shape = std::vector<std::int64_t>;

std::uint32_t hash(std::uint32_t index, std::uint32_t k) {
  std::uint32_t x = index + 0x9E3779B9u * (k + 1);
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  return x ^ x >> 16;
}

at::Tensor from_recipe(const nlohmann::json& recipe) {
  const auto shape = recipe.at("shape").get<Shape>();
  const auto k = recipe.at("k").get<std::uint32_t>();
  if (recipe.value("kind", "float") == "int") {
    return recipe_integers(shape, k, recipe.at("low"), recipe.at("n_values"));
  }
  return recipe_tensor(shape, k, recipe.at("offset"), recipe.at("scale"));
}

/// "ones, last one 0", the only recipe in words.
at::Tensor ones_but_the_last(std::int64_t count) {
  auto weights = at::ones({count});
  weights[count - 1] = 0;
  return weights;
}

double norm_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.to(at::kDouble).norm().item<double>() : 0;
}

}  // namespace

at::Tensor recipe_tensor(const Shape& shape, std::uint32_t k, double offset, double scale) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  auto* out = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const double unit = hash(static_cast<std::uint32_t>(i), k) / 2147483648.0 - 1;
    out[i] = static_cast<float>(offset + scale * unit);
  }
  return tensor;
}

at::Tensor recipe_integers(const Shape& shape, std::uint32_t k, std::int64_t low,
                           std::int64_t count) {
  at::Tensor tensor = at::empty(shape, at::kLong);
  auto* out = tensor.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const double fraction = hash(static_cast<std::uint32_t>(i), k) / 4294967296.0;
    out[i] = low + static_cast<std::int64_t>(fraction * static_cast<double>(count));
  }
  return tensor;
}

AlgoPerfFixture::AlgoPerfFixture(const std::filesystem::path& folder, const std::string& name)
    : sidecar_(nlohmann::json::parse(std::ifstream(folder / (name + ".json")))),
      tensors_(data::open(folder / (name + ".safetensors"), "git checkout")) {}

Batch AlgoPerfFixture::batch() const {
  Batch batch;
  if (sidecar_.contains("input_recipe")) {
    for (const auto& [name, recipe] : sidecar_["input_recipe"].items()) {
      if (recipe.is_object()) batch.set(name, from_recipe(recipe));
    }
    batch.set("weights", ones_but_the_last(batch.inputs().size(0)));
    return batch;
  }
  const std::string prefix = "input/";
  for (const auto& [key, info] : tensors_->tensors()) {
    if (key.starts_with(prefix)) batch.set(key.substr(prefix.size()), tensor(key).clone());
  }
  return batch;
}

void AlgoPerfFixture::set_parameters(const workloads::Model& model) const {
  const auto& recipe = sidecar_.at("weights_recipe");
  std::map<std::string, at::Tensor> values;
  for (const auto& entry : recipe) values[entry.at("name")] = from_recipe(entry);
  const at::NoGradGuard no_grad;
  for (const auto& parameter : model.parameters()) {
    const auto found = values.find(parameter.name);
    if (found == values.end() || found->second.sizes() != parameter.tensor.sizes()) {
      throw std::invalid_argument("parameter '" + parameter.name + "' differs from the fixture's");
    }
    at::Tensor(parameter.tensor).copy_(found->second);
  }
  if (model.parameters().size() + model.state().size() != values.size()) {
    throw std::invalid_argument("the fixture has " + std::to_string(values.size()) +
                                " tensors, the model another number");
  }
}

double AlgoPerfFixture::max_difference(const at::Tensor& found, const std::string& key) const {
  const auto expected = tensor(key);
  if (found.sizes() != expected.sizes()) throw std::invalid_argument(key + ": shapes differ");
  return (found - expected).abs().max().item<double>();
}

double AlgoPerfFixture::logit_tolerance() const {
  const double noise = sidecar_["train"]["fp64"]["max_abs_logit_diff"];
  const double scale = tensor("output_eval/logits").abs().max().item<double>();
  return std::max(10 * noise, 1e-5 * scale);
}

double AlgoPerfFixture::gradient_norm_difference(const workloads::Model& model) const {
  const auto& norms = sidecar_["train"]["grad_norms"];
  double largest = 0;
  for (const auto& parameter : model.parameters()) {
    const auto& expected = norms.at(parameter.name);
    const double reference = expected.is_null() ? 0 : expected.get<double>();
    largest = std::max(largest, std::fabs(norm_of(parameter.tensor.grad()) - reference));
  }
  return largest / sidecar_["train"]["grad_norm_global"].get<double>();
}

double AlgoPerfFixture::gradient_difference(const workloads::Model& model) const {
  double largest = 0;
  for (const auto& parameter : model.parameters()) {
    const auto expected = tensor("grad/" + parameter.name);
    const auto& found = parameter.tensor.grad();
    largest = std::max(largest, found.defined() ? norm_of(found - expected) : norm_of(expected));
  }
  return largest / sidecar_["train"]["grad_norm_global"].get<double>();
}

}  // namespace timetrial::test
