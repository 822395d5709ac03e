#include "harness/conformance/recorded_case.h"

#include "harness/jsonfile/recorded_pair.h"
#include "harness/jsonfile/strict_json.h"
#include "workloads/recorded_recipe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include <sstream>
#include <stdexcept>

namespace timetrial::conformance {
namespace {

namespace fs = std::filesystem;
using Shape = std::vector<std::int64_t>;

/// The recipes in words: "ones", and "ones, last one 0".
at::Tensor described_weights(const std::string& words, std::int64_t count) {
  auto weights = at::ones({count});
  if (words == "ones, last one 0") {
    weights[count - 1] = 0;
  } else if (words != "ones") {
    throw InputError("input_recipe \"" + words +
                     "\" is not known; expected \"ones\" or \"ones, last one 0\"");
  }
  return weights;
}

nlohmann::json read_sidecar(const fs::path& file) {
  auto sidecar = jsonfile::parse(jsonfile::read_text(file), file.string());
  for (const char* key : {"constructor", "weights_recipe", "eval", "train"}) {
    if (!sidecar.is_object() || !sidecar.contains(key)) {
      throw InputError(file.string() + ": \"" + key +
                       "\" is missing; expected the record of a model's run, such as " +
                       "AlgoPerf's cases have");
    }
  }
  return sidecar;
}

std::string shape_text(at::IntArrayRef sizes) {
  std::ostringstream text;
  text << sizes;
  return text.str();
}

/// All tensors of a model that a case has values for: parameters, then state.
std::vector<NamedTensor> tensors_of(const workloads::Model& model) {
  std::vector<NamedTensor> tensors;
  for (const auto& parameter : model.parameters()) {
    tensors.push_back({parameter.name, parameter.tensor});
  }
  tensors.insert(tensors.end(), model.state().begin(), model.state().end());
  return tensors;
}

}  // namespace

RecordedCase::RecordedCase(const fs::path& file)
    : name_(file.stem().string()),
      file_(jsonfile::recorded_pair(file).rest),
      sidecar_(std::make_shared<const nlohmann::json>(read_sidecar(file_))),
      tensors_(data::open(jsonfile::recorded_pair(file).tensors,
                          "give the recorded case both its files")) {}

std::vector<std::string> RecordedCase::names(const std::string& prefix) const {
  std::vector<std::string> names;
  for (const auto& [key, info] : tensors_->tensors()) {
    if (key.starts_with(prefix)) names.push_back(key.substr(prefix.size()));
  }
  return names;
}

std::map<std::string, at::Tensor> RecordedCase::inputs() const {
  std::map<std::string, at::Tensor> inputs;
  if (!sidecar_->contains("input_recipe")) {
    // Copies: the tensors of a file are views of it that nobody may write to.
    for (const auto& name : names("input/")) inputs[name] = tensor("input/" + name).clone();
    return inputs;
  }
  const auto& recipes = sidecar_->at("input_recipe");
  for (const auto& [name, recipe] : recipes.items()) {
    if (recipe.is_object()) inputs[name] = workloads::recorded_recipe(recipe);
  }
  for (const auto& [name, recipe] : recipes.items()) {
    if (!recipe.is_string()) continue;
    inputs[name] = described_weights(recipe.get<std::string>(), inputs.at("inputs").size(0));
  }
  return inputs;
}

std::map<std::string, at::Tensor> RecordedCase::values() const {
  std::map<std::string, at::Tensor> values;
  for (const auto& entry : sidecar_->at("weights_recipe")) {
    const auto name = entry.at("name").get<std::string>();
    const auto stored = "state/" + name;
    values[name] = contains(stored) ? tensor(stored) : workloads::recorded_recipe(entry);
  }
  return values;
}

std::vector<std::string> RecordedCase::mismatches(const workloads::Model& model) const {
  std::map<std::string, Shape> recorded;
  for (const auto& entry : sidecar_->at("weights_recipe")) {
    recorded[entry.at("name").get<std::string>()] = entry.at("shape").get<Shape>();
  }
  std::vector<std::string> lines;
  for (const auto& [name, tensor] : tensors_of(model)) {
    const auto found = recorded.find(name);
    if (found == recorded.end()) {
      lines.push_back("'" + name + "' is not in the case");
    } else if (tensor.sizes() != at::IntArrayRef(found->second)) {
      lines.push_back("'" + name + "' is " + shape_text(tensor.sizes()) + ", in the case " +
                      shape_text(found->second));
    }
    recorded.erase(name);
  }
  for (const auto& [name, shape] : recorded) {
    lines.push_back("the model lacks '" + name + "' " + shape_text(shape));
  }
  return lines;
}

void RecordedCase::set_values(const workloads::Model& model) const {
  const auto lines = mismatches(model);
  if (!lines.empty()) throw std::invalid_argument(name_ + ": " + lines.front());
  const auto recorded = values();
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : tensors_of(model)) at::Tensor(tensor).copy_(recorded.at(name));
}

}  // namespace timetrial::conformance
