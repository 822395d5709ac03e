#include "harness/sdk/state_archive.h"

#include "harness/trial/error.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace timetrial::sdk {
namespace {

class StateArchive : public testing::Test {
 protected:
  ~StateArchive() override { std::filesystem::remove(file_); }

  /// Writes `out` and opens what was written.
  StateArchiveReader reopen() {
    tensorfile::write_file(file_, out_.tensors(), out_.metadata());
    reader_ = std::make_unique<tensorfile::Reader>(file_);
    return StateArchiveReader(*reader_, "submission/");
  }

  StateArchiveWriter out_{"submission/"};
  std::unique_ptr<tensorfile::Reader> reader_;
  const std::filesystem::path file_ =
      std::filesystem::temp_directory_path() /
      ("state_archive_test." + std::to_string(getpid()) + "." +
       testing::UnitTest::GetInstance()->current_test_info()->name());
};

bool same(const at::Tensor& a, const at::Tensor& b) {
  const auto dense = b.contiguous();
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes() || !a.is_contiguous()) {
    return false;
  }
  // Without elements there may be no address, which memcmp does not take.
  return a.numel() == 0 ||
         std::memcmp(a.const_data_ptr(), dense.const_data_ptr(), dense.nbytes()) == 0;
}

TEST_F(StateArchive, KeepsTensorsOfEveryTypeAndShape) {
  std::vector<at::Tensor> tensors;
  for (const auto type : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
                          at::kShort, at::kChar, at::kByte, at::kBool}) {
    tensors.push_back(at::arange(6, at::kFloat).reshape({2, 3}).to(type));
  }
  tensors.push_back(at::ones({}));
  tensors.push_back(at::empty({0, 3}));
  tensors.push_back(at::arange(6, at::kFloat).reshape({2, 3}).t());  // not in row-major order
  tensors.push_back(at::ones({2}).set_requires_grad(true));
  for (std::size_t i = 0; i < tensors.size(); ++i)
    out_.put("tensor " + std::to_string(i), tensors[i]);
  out_.put("all", tensors);
  const auto in = reopen();
  const auto all = in.tensors("all");
  ASSERT_EQ(all.size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_TRUE(same(in.tensor("tensor " + std::to_string(i)), tensors[i].detach()));
    EXPECT_TRUE(same(all[i], tensors[i].detach()));
    EXPECT_FALSE(all[i].requires_grad());
  }
}

TEST_F(StateArchive, ReadsFreshCopies) {
  out_.put("a", at::ones({2}));
  const auto in = reopen();
  in.tensor("a").fill_(7);
  EXPECT_TRUE(same(in.tensor("a"), at::ones({2})));
}

TEST_F(StateArchive, KeepsUndefinedTensorsAndEmptyLists) {
  out_.put("none", at::Tensor());
  out_.put("some", std::vector<at::Tensor>{at::ones({1}), at::Tensor(), at::ones({2})});
  out_.put("empty", std::vector<at::Tensor>{});
  const auto in = reopen();
  EXPECT_FALSE(in.tensor("none").defined());
  const auto some = in.tensors("some");
  ASSERT_EQ(some.size(), 3);
  EXPECT_FALSE(some[1].defined());
  EXPECT_EQ(some[2].size(0), 2);
  EXPECT_TRUE(in.tensors("empty").empty());
  EXPECT_TRUE(in.contains("empty"));
  EXPECT_FALSE(in.contains("other"));
}

TEST_F(StateArchive, KeepsEveryBitOfNumbers) {
  const double payload = std::bit_cast<double>(std::uint64_t{0x7FF8DEADBEEF0001});
  const double values[] = {0.1, -0.0, std::numeric_limits<double>::denorm_min(), INFINITY, payload};
  for (std::size_t i = 0; i < std::size(values); ++i) out_.put(std::to_string(i), values[i]);
  out_.put("low", std::numeric_limits<std::int64_t>::min());
  out_.put("high", std::numeric_limits<std::int64_t>::max());
  const auto in = reopen();
  for (std::size_t i = 0; i < std::size(values); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(in.number(std::to_string(i))),
              std::bit_cast<std::uint64_t>(values[i]));
  }
  EXPECT_EQ(in.integer("low"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.integer("high"), std::numeric_limits<std::int64_t>::max());
}

TEST_F(StateArchive, KeepsAnyBytesOfTexts) {
  const std::string bytes("\0\xff\"\n", 4);
  out_.put("bytes", bytes);
  out_.put("empty", std::string());
  const auto in = reopen();
  EXPECT_EQ(in.text("bytes"), bytes);
  EXPECT_EQ(in.text("empty"), "");
}

TEST_F(StateArchive, NamesMayLookLikeEachOther) {
  out_.put("a", std::vector<at::Tensor>{at::ones({1}), at::ones({2})});
  out_.put("a/0", at::ones({3}));
  out_.put("tensors/a/0", at::ones({4}));
  out_.put("a/", std::vector<at::Tensor>{at::ones({5})});
  const auto in = reopen();
  EXPECT_EQ(in.tensors("a")[0].size(0), 1);
  EXPECT_EQ(in.tensor("a/0").size(0), 3);
  EXPECT_EQ(in.tensor("tensors/a/0").size(0), 4);
  EXPECT_EQ(in.tensors("a/")[0].size(0), 5);
}

TEST_F(StateArchive, RefusesBadPuts) {
  out_.put("a", 1.0);
  EXPECT_THROW(out_.put("a", std::int64_t{1}), std::invalid_argument);
  EXPECT_THROW(out_.put("", 1.0), std::invalid_argument);
  EXPECT_THROW(out_.put("line\nbreak", 1.0), std::invalid_argument);
  EXPECT_THROW(out_.put("complex", at::ones({1}, at::kComplexFloat)), std::invalid_argument);
}

TEST_F(StateArchive, NamesWhatWasNotSavedOrOfAnotherKind) {
  out_.put("a", 1.0);
  const auto in = reopen();
  const auto message = [](const auto& read) {
    try {
      read();
    } catch (const std::out_of_range& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message([&] { in.tensor("b"); }), "no tensor 'b' was saved");
  EXPECT_EQ(message([&] { in.integer("a"); }), "'a' was saved as number, not as integer");
}

TEST_F(StateArchive, RefusesDamagedNumbers) {
  tensorfile::write_file(file_, {}, {{"submission/value/a", "number 12xy"}});
  const tensorfile::Reader reader(file_);
  const StateArchiveReader in(reader, "submission/");
  EXPECT_THROW(in.number("a"), InputError);
}

}  // namespace
}  // namespace timetrial::sdk
