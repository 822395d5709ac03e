#include "workloads/data/tensor_io.h"

#include "workloads/workload.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include <stdexcept>

namespace timetrial::data {
namespace {

std::filesystem::path temporary(const std::string& name) {
  return std::filesystem::path(testing::TempDir()) / name;
}

TEST(TensorIo, WhatIsWrittenIsReadBackForEveryType) {
  const auto file = temporary("every_type.safetensors");
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto* type : {"F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"}) {
    tensors.emplace_back(type, at::arange(6).view({2, 3}).to(scalar_type(type)));
  }
  tensors.emplace_back("empty", at::ones({0, 4}));
  tensors.emplace_back("scalar", at::ones({}));
  tensorfile::write_file(file, views(tensors), {});
  const auto opened = open(file, "");
  for (const auto& [name, tensor] : tensors) {
    SCOPED_TRACE(name);
    const auto found = read(opened, name);
    EXPECT_EQ(found.scalar_type(), tensor.scalar_type());
    EXPECT_TRUE(at::equal(found, tensor));
  }
}

TEST(TensorIo, ATensorKeepsItsFileOpen) {
  const auto file = temporary("kept_open.safetensors");
  const auto values = at::arange(1000);
  tensorfile::write_file(file, views({{"values", values}}), {});
  const auto found = read(open(file, ""), "values");  // the File itself is gone after this line
  EXPECT_TRUE(at::equal(found, values));
}

TEST(TensorIo, MissingFileNamesTheRemedy) {
  try {
    open(temporary("missing.safetensors"), "timetrial data prepare x");
    FAIL() << "opened a file that does not exist";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("missing.safetensors: no such file; make it with: "
                                                 "timetrial data prepare x"));
  }
}

TEST(TensorIo, AnotherTypeOrShapeIsNamed) {
  const auto file = temporary("shapes.safetensors");
  const auto values = at::ones({4, 3});
  tensorfile::write_file(file, views({{"values", values}}), {});
  const auto opened = open(file, "");
  EXPECT_TRUE(at::equal(read(opened, "values", at::kFloat, {-1, 3}), values));
  const struct {
    c10::ScalarType type;
    std::vector<std::int64_t> shape;
    const char* message;
  } cases[] = {{at::kFloat, {4, 2}, "tensor 'values' is F32 [4, 3], expected F32 [4, 2]"},
               {at::kByte, {4, 3}, "tensor 'values' is F32 [4, 3], expected U8 [4, 3]"},
               {at::kFloat, {4}, "tensor 'values' is F32 [4, 3], expected F32 [4]"}};
  for (const auto& c : cases) {
    try {
      read(opened, "values", c.type, c.shape);
      FAIL() << c.message;
    } catch (const workloads::DataError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(c.message));
    }
  }
}

TEST(TensorIo, OnlyContiguousTensorsCanBeViewed) {
  const auto transposed = at::ones({4, 3}).t();
  EXPECT_THROW(view("transposed", transposed), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::data
