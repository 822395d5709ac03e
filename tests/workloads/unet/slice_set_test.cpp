// Slices in shards.
#include "workloads/unet/slice_set.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

namespace timetrial::unet {
namespace {

using testing::HasSubstr;

/// Slice i is i everywhere in the inputs, -i in the targets.
Slice slice(double i, std::int64_t size = 8) {
  return {at::full({size, size}, i, at::kFloat), at::full({size, size}, -i, at::kFloat), i + 0.25,
          i + 0.5};
}

void write(const std::filesystem::path& folder, const std::vector<std::int64_t>& sizes) {
  double next = 0;
  for (std::size_t shard = 0; shard < sizes.size(); ++shard) {
    ShardBuilder builder(sizes[shard], 8, 8);
    for (std::int64_t i = 0; i < sizes[shard]; ++i, ++next) builder.add(slice(next), 100 + next);
    builder.write(folder / shard_name("train", shard, sizes.size()));
  }
}

TEST(SliceSet, FindsEverySliceInItsShard) {
  const test::TemporaryFolder folder;
  write(folder.path(), {3, 1, 2});
  const SliceSet set(folder.path(), "train", "the command");
  EXPECT_EQ(set.size(), 6);
  const std::int64_t indices[] = {5, 0, 3, 2, 3};
  const Batch batch = set.gather(indices);
  EXPECT_EQ(batch.inputs().sizes(), (std::vector<std::int64_t>{5, 8, 8}));
  for (std::int64_t i = 0; i < 5; ++i) {
    const auto number = static_cast<double>(indices[i]);
    EXPECT_EQ(batch.inputs()[i].min().item<double>(), number);
    EXPECT_EQ(batch.targets()[i].max().item<double>(), -number);
    EXPECT_EQ(batch.at("mean")[i].item<double>(), number + 0.25);
    EXPECT_EQ(batch.at("std")[i].item<double>(), number + 0.5);
    EXPECT_EQ(batch.at("volume_max")[i].item<double>(), 100 + number);
    EXPECT_EQ(batch.weights()[i].item<double>(), 1);
  }
  const std::int64_t beyond[] = {6};
  EXPECT_THROW(set.gather(beyond), std::out_of_range);
}

TEST(SliceSet, MissingShardsAreNamed) {
  const test::TemporaryFolder folder;
  const auto message = [&]() -> std::string {
    try {
      SliceSet(folder.path(), "train", "timetrial data prepare x");
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message(), testing::AllOf(HasSubstr("train-00000-of-00001.safetensors"),
                                        HasSubstr("timetrial data prepare x")));
  write(folder.path(), {1, 1, 1});
  std::filesystem::remove(folder.path() / "train-00001-of-00003.safetensors");
  EXPECT_THAT(message(), HasSubstr("train-00001-of-00003.safetensors"));
  ShardBuilder other(1, 9, 9);
  other.add(slice(1, 9), 1);
  other.write(folder.path() / "train-00001-of-00003.safetensors");
  EXPECT_THAT(message(), HasSubstr("has images of another size"));
}

TEST(ShardBuilder, RefusesTooManyAndOtherSizes) {
  ShardBuilder builder(1, 8, 8);
  EXPECT_THROW(builder.add(slice(0, 9), 1), std::invalid_argument);
  builder.add(slice(0), 1);
  EXPECT_THROW(builder.add(slice(0), 1), std::logic_error);
}

}  // namespace
}  // namespace timetrial::unet
