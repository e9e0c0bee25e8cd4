;; Shrinks and transforms planes for hashing. Its assembled form stands in plane-kernel.ts.
;;
;; Sums are of 64-bit floats and go from the first term to the last, so that vectors make no difference to any bit of
;; the result: they run across rows or columns, never along a sum.
(module
  (memory (export "memory") 96)

  ;; Luma (BT.601) of four pixels. (299 r + 587 g + 114 b) / 1000 is the nearest 32-bit float to the weighted sum.
  (func $luma (param $rgb i32) (result v128)
    (local $bytes v128)
    (local.set $bytes (v128.load (local.get $rgb)))
    (f32x4.div
      (f32x4.convert_i32x4_s (i32x4.add
        (i32x4.dot_i16x8_s
          (i8x16.shuffle 0 16 1 16 3 16 4 16 6 16 7 16 9 16 10 16 (local.get $bytes) (v128.const i64x2 0 0))
          (v128.const i16x8 299 587 299 587 299 587 299 587))
        (i32x4.dot_i16x8_s
          (i8x16.shuffle 2 16 16 16 5 16 16 16 8 16 16 16 11 16 16 16 (local.get $bytes) (v128.const i64x2 0 0))
          (v128.const i16x8 114 0 114 0 114 0 114 0))))
      (v128.const f32x4 1000 1000 1000 1000)))

  ;; Luma of $count pixels; writes up to three values more.
  (func (export "lumaOf") (param $rgb i32) (param $count i32) (param $target i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (v128.store (local.get $target) (call $luma (local.get $rgb)))
        (local.set $rgb (i32.add (local.get $rgb) (i32.const 12)))
        (local.set $target (i32.add (local.get $target) (i32.const 16)))
        (br $four))))

  ;; Writes four values of four rows as four columns of 64-bit floats.
  (func $transpose (param $a v128) (param $b v128) (param $c v128) (param $d v128) (param $target i32)
    (call $pairs (local.get $a) (local.get $b) (local.get $target))
    (call $pairs (local.get $c) (local.get $d) (i32.add (local.get $target) (i32.const 16))))

  (func $pairs (param $a v128) (param $b v128) (param $target i32)
    (local $pairs v128)
    (local.set $pairs
      (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b)))
    (v128.store (local.get $target) (f64x2.promote_low_f32x4 (local.get $pairs)))
    (v128.store offset=32 (local.get $target) (f64x2.promote_low_f32x4
      (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $pairs) (local.get $pairs))))
    (local.set $pairs
      (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b)))
    (v128.store offset=64 (local.get $target) (f64x2.promote_low_f32x4 (local.get $pairs)))
    (v128.store offset=96 (local.get $target) (f64x2.promote_low_f32x4
      (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $pairs) (local.get $pairs)))))

  ;; Luma of four rows of $count pixels, $stride bytes apart, by columns of 64-bit floats; writes up to three columns more.
  (func (export "lumaColumns") (param $rgb i32) (param $stride i32) (param $count i32) (param $target i32)
    (local $second i32) (local $third i32) (local $end i32)
    (local.set $second (i32.shl (local.get $stride) (i32.const 1)))
    (local.set $third (i32.add (local.get $second) (local.get $stride)))
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 5))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (call $transpose
          (call $luma (local.get $rgb))
          (call $luma (i32.add (local.get $rgb) (local.get $stride)))
          (call $luma (i32.add (local.get $rgb) (local.get $second)))
          (call $luma (i32.add (local.get $rgb) (local.get $third)))
          (local.get $target))
        (local.set $rgb (i32.add (local.get $rgb) (i32.const 12)))
        (local.set $target (i32.add (local.get $target) (i32.const 128)))
        (br $four))))

  ;; Four rows of $count 32-bit floats, $stride bytes apart, by columns; reads and writes up to three columns more.
  (func (export "columnsOf") (param $source i32) (param $stride i32) (param $count i32) (param $target i32)
    (local $second i32) (local $third i32) (local $end i32)
    (local.set $second (i32.shl (local.get $stride) (i32.const 1)))
    (local.set $third (i32.add (local.get $second) (local.get $stride)))
    (local.set $end (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 5))))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $target) (local.get $end)))
        (call $transpose
          (v128.load (local.get $source))
          (v128.load (i32.add (local.get $source) (local.get $stride)))
          (v128.load (i32.add (local.get $source) (local.get $second)))
          (v128.load (i32.add (local.get $source) (local.get $third)))
          (local.get $target))
        (local.set $source (i32.add (local.get $source) (i32.const 16)))
        (local.set $target (i32.add (local.get $target) (i32.const 128)))
        (br $four))))

  ;; Weighted sums along four rows given by columns. $first: for each of $count sums the byte where its first column lies
  ;; in $columns (i32); $weights: $taps for each (f64). Sums are rounded to 32 bits where $round is not 0, and written as
  ;; 64-bit floats, the rows $stride bytes apart.
  (func (export "shorten") (param $columns i32) (param $first i32) (param $count i32) (param $taps i32)
      (param $weights i32) (param $target i32) (param $stride i32) (param $round i32)
    (local $upper v128) (local $lower v128) (local $weight v128)
    (local $at i32) (local $end i32) (local $stop i32)
    (local.set $end (i32.add (local.get $first) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $taps (i32.shl (local.get $taps) (i32.const 3)))
    (block $done
      (loop $sum
        (br_if $done (i32.ge_u (local.get $first) (local.get $end)))
        (local.set $at (i32.add (local.get $columns) (i32.load (local.get $first))))
        (local.set $stop (i32.add (local.get $weights) (local.get $taps)))
        (local.set $weight (v128.load64_splat (local.get $weights)))
        (local.set $upper (f64x2.mul (v128.load (local.get $at)) (local.get $weight)))
        (local.set $lower (f64x2.mul (v128.load offset=16 (local.get $at)) (local.get $weight)))
        (if (i32.eq (local.get $taps) (i32.const 24))
          (then
            ;; What is shrunk by less than half has three.
            (local.set $weight (v128.load64_splat offset=8 (local.get $weights)))
            (local.set $upper (f64x2.add (local.get $upper)
              (f64x2.mul (v128.load offset=32 (local.get $at)) (local.get $weight))))
            (local.set $lower (f64x2.add (local.get $lower)
              (f64x2.mul (v128.load offset=48 (local.get $at)) (local.get $weight))))
            (local.set $weight (v128.load64_splat offset=16 (local.get $weights)))
            (local.set $upper (f64x2.add (local.get $upper)
              (f64x2.mul (v128.load offset=64 (local.get $at)) (local.get $weight))))
            (local.set $lower (f64x2.add (local.get $lower)
              (f64x2.mul (v128.load offset=80 (local.get $at)) (local.get $weight))))
            (local.set $weights (local.get $stop)))
          (else
            (block $enough
              (loop $tap
                (br_if $enough (i32.ge_u
                  (local.tee $weights (i32.add (local.get $weights) (i32.const 8))) (local.get $stop)))
                (local.set $at (i32.add (local.get $at) (i32.const 32)))
                (local.set $weight (v128.load64_splat (local.get $weights)))
                (local.set $upper (f64x2.add (local.get $upper)
                  (f64x2.mul (v128.load (local.get $at)) (local.get $weight))))
                (local.set $lower (f64x2.add (local.get $lower)
                  (f64x2.mul (v128.load offset=16 (local.get $at)) (local.get $weight))))
                (br $tap)))))
        (if (local.get $round)
          (then
            (local.set $upper (f64x2.promote_low_f32x4 (f32x4.demote_f64x2_zero (local.get $upper))))
            (local.set $lower (f64x2.promote_low_f32x4 (f32x4.demote_f64x2_zero (local.get $lower))))))
        (v128.store64_lane 0 (local.get $target) (local.get $upper))
        (v128.store64_lane 1 (local.tee $at (i32.add (local.get $target) (local.get $stride))) (local.get $upper))
        (v128.store64_lane 0 (local.tee $at (i32.add (local.get $at) (local.get $stride))) (local.get $lower))
        (v128.store64_lane 1 (i32.add (local.get $at) (local.get $stride)) (local.get $lower))
        (local.set $target (i32.add (local.get $target) (i32.const 8)))
        (local.set $first (i32.add (local.get $first) (i32.const 4)))
        (br $sum))))

  ;; Adds $share times a row of $count 64-bit floats to a row of 32-bit floats; may add one value more.
  (func (export "addRow") (param $source i32) (param $count i32) (param $share f64) (param $target i32)
    (local $end i32) (local $factor v128)
    (local.set $factor (f64x2.splat (local.get $share)))
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $two
        (br_if $done (i32.ge_u (local.get $source) (local.get $end)))
        (v128.store64_lane 0 (local.get $target) (f32x4.demote_f64x2_zero (f64x2.add
          (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $target)))
          (f64x2.mul (v128.load (local.get $source)) (local.get $factor)))))
        (local.set $source (i32.add (local.get $source) (i32.const 16)))
        (local.set $target (i32.add (local.get $target) (i32.const 8)))
        (br $two))))

  ;; The same for a row that straddles two: adds $rest times it to the row of the same length that follows.
  (func (export "addToTwo") (param $source i32) (param $count i32) (param $share f64) (param $rest f64)
      (param $target i32)
    (local $end i32) (local $factor v128) (local $second v128) (local $below i32) (local $row v128)
    (local.set $factor (f64x2.splat (local.get $share)))
    (local.set $second (f64x2.splat (local.get $rest)))
    (local.set $below (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $two
        (br_if $done (i32.ge_u (local.get $source) (local.get $end)))
        (local.set $row (v128.load (local.get $source)))
        (v128.store64_lane 0 (local.get $target) (f32x4.demote_f64x2_zero (f64x2.add
          (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $target)))
          (f64x2.mul (local.get $row) (local.get $factor)))))
        (v128.store64_lane 0 (local.get $below) (f32x4.demote_f64x2_zero (f64x2.add
          (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $below)))
          (f64x2.mul (local.get $row) (local.get $second)))))
        (local.set $source (i32.add (local.get $source) (i32.const 16)))
        (local.set $target (i32.add (local.get $target) (i32.const 8)))
        (local.set $below (i32.add (local.get $below) (i32.const 8)))
        (br $two))))

  ;; The product of a matrix of $inner columns (64-bit floats, a row of it: $left) and one of $count columns, $count even.
  (func $productRow (param $left i32) (param $inner i32) (param $right i32) (param $count i32) (param $target i32)
    (local $column i32) (local $stride i32) (local $at i32) (local $factor i32) (local $end i32) (local $sum v128)
    (local.set $stride (i32.shl (local.get $count) (i32.const 3)))
    (local.set $end (i32.add (local.get $left) (i32.shl (local.get $inner) (i32.const 3))))
    (loop $columns
      (local.set $sum (v128.const i64x2 0 0))
      (local.set $at (i32.add (local.get $right) (local.get $column)))
      (local.set $factor (local.get $left))
      (loop $term
        (local.set $sum (f64x2.add (local.get $sum)
          (f64x2.mul (v128.load64_splat (local.get $factor)) (v128.load (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (local.get $stride)))
        (br_if $term (i32.lt_u
          (local.tee $factor (i32.add (local.get $factor) (i32.const 8))) (local.get $end))))
      (v128.store (i32.add (local.get $target) (local.get $column)) (local.get $sum))
      (br_if $columns (i32.lt_u
        (local.tee $column (i32.add (local.get $column) (i32.const 16))) (local.get $stride)))))

  ;; $left: $rows × $inner, $right: $inner × $count, $target: $rows × $count, all 64-bit floats, row by row; $count even.
  (func (export "product") (param $left i32) (param $rows i32) (param $inner i32) (param $right i32) (param $count i32)
      (param $target i32)
    (loop $row
      (call $productRow
        (local.get $left) (local.get $inner) (local.get $right) (local.get $count) (local.get $target))
      (local.set $left (i32.add (local.get $left) (i32.shl (local.get $inner) (i32.const 3))))
      (local.set $target (i32.add (local.get $target) (i32.shl (local.get $count) (i32.const 3))))
      (br_if $row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))))
