#pragma once
// Linear algebra for as many rows as there are tasks: plain loops, in double.

#include <timetrial/multitask.h>

#include <cstddef>
#include <vector>

namespace timetrial::multitask::detail {

using Vector = std::vector<double>;

/// Row after row.
struct Matrix {
  explicit Matrix(std::size_t rows) : size(rows), entries(rows * rows, 0.0) {}
  double operator()(std::size_t i, std::size_t j) const { return entries[i * size + j]; }
  double& operator()(std::size_t i, std::size_t j) { return entries[i * size + j]; }
  std::size_t size;
  std::vector<double> entries;
};

double dot(const Vector& x, const Vector& y);
bool finite(const Vector& x);
bool finite(const Gram& gram);
/// Coefficients that leave the sum as it is.
inline Coefficients ones(std::size_t tasks) { return Coefficients(tasks, 1.0); }

/// The solution of A x = b by elimination with row exchanges; empty where a pivot is below 1e-14 of
/// A's largest entry, or A is not finite.
Vector solve(Matrix a, Vector b);

/// The Gram matrix of some of the gradients.
Gram part(const Gram& gram, const std::vector<std::size_t>& places);
/// The places of gradients that are not zero.
std::vector<std::size_t> with_gradient(const Gram& gram);
/// Coefficients of these places, 0 elsewhere.
Coefficients spread(const Coefficients& a, const std::vector<std::size_t>& places,
                    std::size_t tasks);
/// Cosines of the angles between gradients, none of which is zero; the diagonal is 1 + ridge.
Matrix cosines(const Gram& gram, double ridge);

struct Eigen {
  Vector values;   ///< descending
  Matrix vectors;  ///< column i belongs to value i
};
/// Of a symmetric matrix, by Jacobi's rotations.
/// Source  Golub and Van Loan, "Matrix Computations", section 8.5
Eigen eigen(Matrix symmetric);

}  // namespace timetrial::multitask::detail
