// timetrial hardware, with a stand-in for timetrial-worker, which would measure.
#include "command_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace timetrial::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class HardwareCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    runner_.write_sibling("timetrial-worker", R"(
if [ "$1" = version ]; then echo '{"libtorch": "2.11.0", "mkl": "MKL 1"}'; exit 0; fi
[ "$2 $4" = "--device --threads" ] || exit 1
value() { printf '"%s": {"median": %s, "low": %s, "high": %s, "repeats": 9}' $1 $2 $2 $2; }
printf '{"device": "%s", "threads": %s, ' "$3" "$5"
value gemm_gflops ${GEMM:-100}; printf ', '
value convolution_gflops 50; printf ', '
value triad_gb_per_s 10; printf ', '
value training_steps_per_s 80; echo '}'
)");
  }
  CommandResult run(const std::string& arguments, const std::string& environment = "") const {
    return runner_.run("hardware " + arguments, environment);
  }

  CommandRunner runner_;
};

TEST_F(HardwareCommand, ShowsMachineSettingsAndLibTorch) {
  const auto result = run("show --json", "OMP_NUM_THREADS=2");
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["fingerprint"].get<std::string>().size(), 64U);
  EXPECT_EQ(json["libtorch"]["mkl"], "MKL 1");
  EXPECT_EQ(json["thread_settings"]["OMP_NUM_THREADS"], "2");
  EXPECT_NE(json["affinity"], "");
  EXPECT_TRUE(json["caches"].is_array());
  EXPECT_THAT(run("show").out, HasSubstr("MKL 1"));
}

TEST_F(HardwareCommand, ListsProfilesAndPrintsOne) {
  const auto all = nlohmann::json::parse(run("profile --json").out);
  std::vector<std::string> names;
  for (const auto& row : all["profiles"]) names.push_back(row["name"]);
  EXPECT_EQ(names, (std::vector<std::string>{"algoperf-4xa100", "algoperf-8xv100", "cpu-2core",
                                             "h100", "h200"}));
  EXPECT_TRUE(all["this_machine"].is_string());

  const auto one = nlohmann::json::parse(run("profile algoperf-8xv100 --json").out);
  EXPECT_EQ(one["gpus"], 8);
  EXPECT_TRUE(one["qualification"].is_null());
  EXPECT_THAT(run("profile algoperf-8xv100").out, HasSubstr("nothing is known to compare with"));

  const auto unknown = run("profile h2000");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("unknown hardware profile 'h2000'; did you mean h200"));
}

TEST_F(HardwareCommand, QualifiesAgainstAProfileOfItsOwn) {
  const auto written = run("qualify --threads 3 --write lab.toml");
  ASSERT_EQ(written.code, 0) << written.err;
  const auto within = run("qualify --profile lab.toml", "GEMM=115");
  EXPECT_EQ(within.code, 0) << within.out << within.err;
  EXPECT_THAT(within.out, HasSubstr("with 3 threads"));
  EXPECT_THAT(within.out, HasSubstr("within the ranges of profile lab"));

  const auto outside = run("qualify --profile lab.toml", "GEMM=40");
  EXPECT_EQ(outside.code, 4);
  EXPECT_THAT(outside.out,
              HasSubstr("outside: gemm_gflops: 40 GFLOP/s, 50 % below the least expected, 80\n"));
  EXPECT_THAT(outside.out, Not(HasSubstr("outside: triad")));

  const auto json = nlohmann::json::parse(run("qualify --profile lab.toml --json", "GEMM=40").out);
  EXPECT_EQ(json["qualified"], false);
  EXPECT_EQ(json["compared"], true);
  EXPECT_EQ(json["measured"]["gemm_gflops"]["median"], 40);
  EXPECT_EQ(json["expected"]["gemm_gflops"]["max"], 120);
  EXPECT_EQ(json["problems"].size(), 1U);
}

TEST_F(HardwareCommand, WithoutRangesNothingIsCompared) {
  ASSERT_EQ(run("qualify --write lab.toml").code, 0);
  std::string text;
  {
    std::ifstream in(runner_.folder() / "lab.toml");
    for (std::string line; std::getline(in, line) && line != "[qualification]";)
      text += line + "\n";
  }
  std::ofstream(runner_.folder() / "bare.toml") << text;
  const auto result = run("qualify --profile bare.toml");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("nothing is known to compare with"));
  const auto json = nlohmann::json::parse(run("qualify --profile bare.toml --json").out);
  EXPECT_EQ(json["compared"], false);
  EXPECT_EQ(json["qualified"], false);
}

TEST_F(HardwareCommand, AMachineOfAnotherProfileIsOutsideWithoutMeasuring) {
  std::ofstream(runner_.folder() / "giant.toml")
      << "name = 'giant'\ndescription = ''\ncpus_min = 1\ncpus_max = 9999\nmemory_mb_min = 0\n"
         "memory_mb_max = 99999999\ngpus = 999\ngpu_name = '*'\n";
  const auto result = run("qualify --profile giant.toml");
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.out, HasSubstr("GPUs, not 999"));
  EXPECT_THAT(result.out, Not(HasSubstr("gemm_gflops")));
}

TEST_F(HardwareCommand, WhatAPersonMustMendIsOneLine) {
  ASSERT_EQ(run("qualify --threads 3 --write lab.toml").code, 0);
  struct Case {
    const char* arguments;
    const char* says;
  };
  for (const auto& test :
       {Case{"qualify --write lab.toml", "lab.toml: exists already; choose another name"},
        Case{"qualify --write lab.txt", "lab.txt: a profile's file ends in .toml"},
        Case{"qualify --write 'my lab.toml'", "'my lab' is no name for a profile"},
        Case{"qualify --tolerance 2", "--tolerance: expected a fraction"},
        Case{"qualify --threads -1", "--threads: expected at least 1"},
        Case{"qualify --profile lab.toml --threads 2",
             "--threads 2: the ranges of profile lab hold for 3; leave it out"},
        Case{"qualify --profile none.toml", "none.toml"}}) {
    SCOPED_TRACE(test.arguments);
    const auto result = run(test.arguments);
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr(test.says));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
  runner_.write_sibling("timetrial-worker", "echo 'cuda:9: no such device' >&2; exit 2\n");
  const auto failed = run("qualify --device cuda:9");
  EXPECT_EQ(failed.code, 2);
  EXPECT_THAT(failed.err, HasSubstr("could not measure device cuda:9; its reason is above"));
}

}  // namespace
}  // namespace timetrial::cli
