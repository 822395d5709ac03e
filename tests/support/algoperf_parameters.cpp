#include "tests/support/algoperf_parameters.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <stdexcept>

namespace timetrial::test {
namespace {

using Row = AlgoPerfParameters::Row;

std::string described(const std::string& name, c10::IntArrayRef shape, const std::string& type) {
  std::string text = name + " " + type + " [";
  for (const std::int64_t size : shape) text += std::to_string(size) + " ";
  return text + "]";
}

/// How far the extremes of two samples of `count` may be apart, in standard deviations. A bounded
/// distribution (uniform, or a normal cut at two sigmas) is dense up to its bounds: some of `count`
/// draws come within 200 / count of them. A normal one has no bounds.
double extreme_spread(const Row& row, double count) {
  const double reach =
      std::max(std::fabs(row.largest - row.mean), std::fabs(row.smallest - row.mean));
  const bool bounded = reach < 2.5 * row.deviation;
  return bounded ? std::min(2.0, 200 / count + 1e-3) : 2.0;
}

}  // namespace

AlgoPerfParameters AlgoPerfParameters::read(const std::filesystem::path& file,
                                            const std::string& workload) {
  const auto json = nlohmann::json::parse(std::ifstream(file));
  if (!json.contains(workload)) {
    throw std::invalid_argument(file.string() + " has no workload '" + workload + "'");
  }
  AlgoPerfParameters table;
  table.total = json[workload].at("total");
  for (const auto& row : json[workload].at("parameters")) {
    table.rows.push_back(
        {row.at(0), row.at(1), row.at(2), row.at(3), row.at(4), row.at(5), row.at(6)});
  }
  return table;
}

std::vector<std::string> AlgoPerfParameters::differences(const workloads::Model& model) const {
  std::vector<std::string> found;
  const auto& parameters = model.parameters();
  std::int64_t count = 0;
  for (std::size_t i = 0; i < std::max(parameters.size(), rows.size()); ++i) {
    const std::string expected =
        i < rows.size() ? described(rows[i].name, rows[i].shape, rows[i].type) : "nothing";
    const std::string here = i < parameters.size()
                                 ? described(parameters[i].name, parameters[i].tensor.sizes(),
                                             to_string(parameters[i].type))
                                 : "nothing";
    if (i < parameters.size()) count += parameters[i].tensor.numel();
    if (here != expected) found.push_back(here + ", expected " + expected);
  }
  if (count != total) {
    found.push_back(std::to_string(count) + " in all, expected " + std::to_string(total));
  }
  return found;
}

std::vector<std::string> AlgoPerfParameters::initial_differences(
    const workloads::Model& model) const {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const at::Tensor values = model.parameters().at(i).tensor.detach().to(at::kDouble);
    const auto count = static_cast<double>(values.numel());
    const double step = row.deviation;
    const auto expect = [&](const char* what, double here, double expected, double tolerance) {
      // The table has five digits.
      if (std::fabs(here - expected) <= tolerance + 1e-4 * std::fabs(expected)) return;
      found.push_back(row.name + ": " + what + " " + std::to_string(here) + ", expected " +
                      std::to_string(expected) + " within " + std::to_string(tolerance));
    };
    expect("mean", values.mean().item<double>(), row.mean, 6 * step * std::sqrt(2 / count));
    expect("deviation", values.std(/*unbiased=*/false).item<double>(), row.deviation,
           6 * step / std::sqrt(count));
    expect("smallest", values.min().item<double>(), row.smallest,
           step * extreme_spread(row, count));
    expect("largest", values.max().item<double>(), row.largest, step * extreme_spread(row, count));
  }
  return found;
}

}  // namespace timetrial::test
