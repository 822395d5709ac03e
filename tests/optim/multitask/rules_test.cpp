// Every rule on Gram matrices of every kind: nothing throws, nothing is NaN, and scales act as they
// should.
#include "tests/optim/multitask/gradients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <numeric>
#include <string>

namespace timetrial::multitask {
namespace {

using testing::DoubleNear;
using testing::Each;

std::vector<double> some_losses(std::size_t tasks) {
  std::vector<double> losses;
  for (std::size_t i = 0; i < tasks; ++i) losses.push_back(0.3 + 0.4 * static_cast<double>(i));
  return losses;
}

Coefficients vaccinated(const Gram& gram) {
  std::vector<std::size_t> present(gram.tasks());
  std::iota(present.begin(), present.end(), std::size_t{0});
  GradVac rule(gram.tasks(), 0.5);
  const auto orders = shuffled_orders(gram.tasks(), 3);
  rule.combine(gram, present, orders);
  return rule.combine(gram, present, orders);
}

struct Rule {
  const char* name;
  std::function<Coefficients(const Gram&)> combine;
  int degree;  ///< all gradients times s: d times s^degree
};

std::vector<Rule> rules() {
  const auto by = [](Normalization normalization, bool published) {
    return [=](const Gram& gram) {
      return mgda(gram, some_losses(gram.tasks()), {normalization, published});
    };
  };
  return {
      {"mgda", by(Normalization::none, false), 1},
      {"mgda_l2", by(Normalization::l2, false), 0},
      {"mgda_loss", by(Normalization::loss, false), 1},
      {"mgda_loss_plus", by(Normalization::loss_plus, false), 0},
      {"mgda_published", by(Normalization::none, true), 1},
      {"pcgrad", [](const Gram& gram) { return pcgrad(gram, shuffled_orders(gram.tasks(), 3)); },
       1},
      {"grad_vac", vaccinated, 1},
      {"cagrad", [](const Gram& gram) { return cagrad(gram); }, 1},
      {"cagrad_wide", [](const Gram& gram) { return cagrad(gram, {.c = 2}); }, 1},
      {"imtl_g", imtl_g, 1},
      {"nash", [](const Gram& gram) { return nash(gram, {.max_norm = 0}); }, 0},
      {"nash_clipped", [](const Gram& gram) { return nash(gram); }, 0},
      {"nash_published", [](const Gram& gram) { return nash(gram, {.iterations = 3}); }, 0},
      {"aligned", aligned, 1},
  };
}

struct Matrix {
  std::string name;
  Gram gram;
};

/// Regular, singular, with gradients of zero, equal and opposed ones.
std::vector<Matrix> matrices() {
  std::vector<Matrix> all;
  for (const std::size_t tasks : {1U, 2U, 3U, 8U}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto name = std::to_string(tasks) + " tasks, seed " + std::to_string(seed);
      all.push_back({name, random_gram(tasks, 20, seed)});
      all.push_back({name + ", singular", random_gram(tasks, 1 + seed % 3, seed)});
      Rows rows = random_rows(tasks, 20, seed);
      rows[seed % tasks].assign(20, 0.0);
      all.push_back({name + ", one zero", gram_of(rows)});
      rows = random_rows(tasks, 20, seed);
      rows.back() = rows.front();
      if (seed % 2 == 1) {
        for (double& one : rows.back()) one = -one;
      }
      all.push_back({name + ", equal or opposed", gram_of(rows)});
    }
    all.push_back({std::to_string(tasks) + " zeros", Gram(tasks)});
  }
  return all;
}

TEST(Rules, GiveFiniteCoefficientsForAllMatrices) {
  for (const auto& [name, gram] : matrices()) {
    for (const auto& rule : rules()) {
      for (const double scale : {1.0, 1e-12, 1e12}) {
        SCOPED_TRACE(std::string(rule.name) + ": " + name + " times " + std::to_string(scale));
        Gram scaled = gram;
        for (std::size_t i = 0; i < gram.tasks(); ++i) {
          for (std::size_t j = 0; j < gram.tasks(); ++j) scaled(i, j) *= scale;
        }
        const auto a = rule.combine(scaled);
        EXPECT_EQ(a.size(), gram.tasks());
        for (const double one : a) EXPECT_TRUE(std::isfinite(one)) << one;
      }
    }
  }
}

TEST(Rules, WhatIsNotFiniteGivesTheSum) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Gram gram = random_gram(3, 12, 1);
    gram(1, 2) = gram(2, 1) = bad;
    for (const auto& rule : rules()) {
      SCOPED_TRACE(rule.name);
      EXPECT_THAT(rule.combine(gram), Each(1.0));
    }
  }
}

TEST(Rules, FollowTheScaleOfAllGradients) {
  for (const auto& rule : rules()) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      SCOPED_TRACE(std::string(rule.name) + ", seed " + std::to_string(seed));
      const Gram gram = random_gram(3, 12, seed);
      Gram scaled = gram;
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) scaled(i, j) *= 16;  // gradients times 4
      }
      const bool published = std::string(rule.name).ends_with("published");
      const double before = combined_norm(gram, rule.combine(gram));
      const double after = combined_norm(scaled, rule.combine(scaled));
      // nash_published starts from ones, which have a scale.
      EXPECT_NEAR(after / before, rule.degree == 1 ? 4 : 1, published ? 0.05 : 1e-4);
    }
  }
}

TEST(Rules, LengthsAndCosines) {
  Gram gram(2);
  gram(0, 0) = 9;
  gram(1, 1) = 16;
  gram(0, 1) = gram(1, 0) = -6;
  EXPECT_THAT(norms(gram), testing::ElementsAre(3, 4));
  EXPECT_THAT(products(gram, {2, 1}), testing::ElementsAre(12, 4));
  EXPECT_DOUBLE_EQ(combined_norm(gram, {2, 1}), std::sqrt(28));
  EXPECT_DOUBLE_EQ(mean_cosine(gram), -0.5);
  EXPECT_DOUBLE_EQ(mean_cosine(Gram(2)), 0);
  EXPECT_DOUBLE_EQ(mean_cosine(Gram(1)), 1);
}

TEST(Rules, RandomWeightsAndOrdersComeFromTheirSeed) {
  const auto weights = random_weights(4, 7);
  EXPECT_EQ(weights, random_weights(4, 7));
  EXPECT_NE(weights, random_weights(4, 8));
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1, 1e-12);
  EXPECT_EQ(shuffled_orders(5, 1), shuffled_orders(5, 1));
  EXPECT_NE(shuffled_orders(5, 1), shuffled_orders(5, 2));
  for (const auto& order : shuffled_orders(1, 1)) EXPECT_TRUE(order.empty());
  const auto orders = shuffled_orders(4, 1);
  EXPECT_THAT(orders[2], testing::UnorderedElementsAre(0, 1, 3));
  // Logarithms of softmax weights are normal up to a common summand: of variance 1.
  double squares = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const auto pair = random_weights(2, seed);
    squares += std::pow(std::log(pair[0] / pair[1]), 2) / 4000;
  }
  EXPECT_NEAR(squares, 2, 0.2);
}

TEST(Rules, GradVacRestoresItsSimilarities) {
  const Gram gram = random_gram(2, 3, 4), other = random_gram(2, 3, 8);
  GradVac one(3, 0.3), two(3, 0.3);
  one.combine(gram, {0, 2}, {{1}, {0}});
  two.restore(one.state());
  EXPECT_EQ(one.combine(other, {0, 2}, {{1}, {0}}), two.combine(other, {0, 2}, {{1}, {0}}));
  EXPECT_EQ(one.state()[1], 0) << "a task that was absent";
  EXPECT_THROW(two.restore({1, 2}), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::multitask
