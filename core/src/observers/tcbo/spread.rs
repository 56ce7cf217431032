//! The published stand-in for a lifetime.

/// 0.7 times the population standard deviation of the points' distances from their centroid; 0 where that is at
/// most 1e-12. `points` are rows of `axes.len()` coordinates; `axes` is scratch for the centroid, `radii` for a
/// number a point.
#[allow(clippy::cast_precision_loss, reason = "at most 4,096 points")]
pub(super) fn spread(points: &[f64], axes: &mut [f64], radii: &mut [f64]) -> f64 {
    const FACTOR: f64 = 0.7;
    const LEAST: f64 = 1e-12;
    let wide = axes.len().max(1);
    let count = radii.len().max(1) as f64;
    axes.fill(0.0);
    for point in points.chunks_exact(wide) {
        for (sum, x) in axes.iter_mut().zip(point) {
            *sum += x;
        }
    }
    for sum in axes.iter_mut() {
        *sum /= count;
    }
    for (radius, point) in radii.iter_mut().zip(points.chunks_exact(wide)) {
        let square = point.iter().zip(axes.iter()).fold(0.0, |sum, (x, mean)| sum + (x - mean) * (x - mean));
        *radius = libm::sqrt(square);
    }
    let mean = radii.iter().fold(0.0, |sum, radius| sum + radius) / count;
    let square = radii.iter().fold(0.0, |sum, radius| sum + (radius - mean) * (radius - mean)) / count;
    let deviation = libm::sqrt(square);
    if deviation > LEAST { FACTOR * deviation } else { 0.0 }
}
