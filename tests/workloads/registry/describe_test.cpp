#include "workloads/describe.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace timetrial::workloads {
namespace {

const nlohmann::json& described(const nlohmann::json& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const auto& entry) { return entry["name"] == name; });
  if (found == all.end()) throw std::out_of_range(name + " is not described");
  return *found;
}

TEST(DescribeJson, SaysWhatTheCommandLineShows) {
  const auto all = nlohmann::json::parse(describe_json());
  const auto vit = described(all, "fashion_mnist_vit");
  EXPECT_EQ(vit["base"], "fashion_mnist_vit");
  EXPECT_EQ(vit["dataset"], "fashion_mnist");
  EXPECT_EQ(vit["data"], "packages");
  EXPECT_EQ(described(all, "imagenet_vit")["data"], "official");
  EXPECT_EQ(vit["loss"], "softmax_cross_entropy");
  EXPECT_EQ(vit["metric"], "accuracy");
  EXPECT_EQ(vit["higher_is_better"], true);
  EXPECT_THAT(vit["configuration"].get<std::string>(), testing::HasSubstr("glu = false\n"));
  EXPECT_EQ(
      vit["parameters"][0],
      nlohmann::json({{"name", "pre_logits.weight"}, {"shape", {64, 64}}, {"type", "weight"}}));
  EXPECT_EQ(described(all, "fashion_mnist_vit_post_ln")["base"], "fashion_mnist_vit");
}

TEST(DescribeJson, CountsEveryParameter) {
  const auto all = nlohmann::json::parse(describe_json());
  for (const auto& entry : all) {
    std::int64_t count = 0;
    for (const auto& parameter : entry["parameters"]) {
      std::int64_t size = 1;
      for (const auto& dimension : parameter["shape"]) size *= dimension.get<std::int64_t>();
      count += size;
    }
    EXPECT_EQ(entry["parameter_count"], count) << entry["name"];
    EXPECT_GT(count, 0) << entry["name"];
  }
}

}  // namespace
}  // namespace timetrial::workloads
