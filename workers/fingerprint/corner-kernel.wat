;; Harris' response and smoothing, over windows of 5 × 5, for local features. Its assembled form stands in corner-kernel.ts.
;;
;; Sums start from both ends of a window, so that a mirrored plane gives the mirrored result to the bit.
(module
  (memory (export "memory") 21)

  ;; The sum of five vectors, $step bytes apart, the middle one at $at.
  (func $sumOfFive (param $at i32) (param $step i32) (result v128)
    (local $far i32)
    (local.set $far (i32.shl (local.get $step) (i32.const 1)))
    (f32x4.add
      (f32x4.add
        (f32x4.add
          (v128.load (i32.sub (local.get $at) (local.get $far)))
          (v128.load (i32.add (local.get $at) (local.get $far))))
        (f32x4.add
          (v128.load (i32.sub (local.get $at) (local.get $step)))
          (v128.load (i32.add (local.get $at) (local.get $step)))))
      (v128.load (local.get $at))))

  ;; Means of five values, $step bytes apart, of $count values from $source on; writes up to three values more.
  (func (export "meansOfFive") (param $source i32) (param $step i32) (param $count i32) (param $target i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))
    (loop $four
      (v128.store (local.get $target)
        (f32x4.div (call $sumOfFive (local.get $source) (local.get $step)) (v128.const f32x4 5 5 5 5)))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $four (i32.lt_u
        (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end)))))

  ;; Products of the gradients, twice as steep as they are, at $count values of a row of $stride bytes: across by across,
  ;; across by down, down by down, into rows of $length bytes. Writes up to three values more.
  (func (export "gradientProducts") (param $source i32) (param $stride i32) (param $count i32) (param $target i32)
      (param $length i32)
    (local $end i32) (local $across v128) (local $down v128) (local $second i32)
    (local.set $end (i32.add (local.get $source) (i32.shl (local.get $count) (i32.const 2))))
    (loop $four
      (local.set $across (f32x4.sub
        (v128.load offset=4 (local.get $source))
        (v128.load (i32.sub (local.get $source) (i32.const 4)))))
      (local.set $down (f32x4.sub
        (v128.load (i32.add (local.get $source) (local.get $stride)))
        (v128.load (i32.sub (local.get $source) (local.get $stride)))))
      (v128.store (local.get $target) (f32x4.mul (local.get $across) (local.get $across)))
      (v128.store (local.tee $second (i32.add (local.get $target) (local.get $length)))
        (f32x4.mul (local.get $across) (local.get $down)))
      (v128.store (i32.add (local.get $second) (local.get $length)) (f32x4.mul (local.get $down) (local.get $down)))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $four (i32.lt_u
        (local.tee $source (i32.add (local.get $source) (i32.const 16))) (local.get $end)))))

  ;; Adds up five rows of $length bytes each.
  (func (export "sumRows") (param $first i32) (param $second i32) (param $third i32) (param $fourth i32)
      (param $fifth i32) (param $length i32) (param $target i32)
    (local $at i32)
    (loop $four
      (v128.store (i32.add (local.get $target) (local.get $at))
        (f32x4.add
          (f32x4.add
            (f32x4.add
              (v128.load (i32.add (local.get $first) (local.get $at)))
              (v128.load (i32.add (local.get $fifth) (local.get $at))))
            (f32x4.add
              (v128.load (i32.add (local.get $second) (local.get $at)))
              (v128.load (i32.add (local.get $fourth) (local.get $at)))))
          (v128.load (i32.add (local.get $third) (local.get $at)))))
      (br_if $four (i32.lt_u
        (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $length)))))

  ;; Harris' response, in grey values to the fourth, of $count values from rows that `gradientProducts` and `sumRows` made;
  ;; writes up to three values more.
  (func (export "respond") (param $sums i32) (param $length i32) (param $count i32) (param $target i32)
    (local $end i32) (local $second i32) (local $trace v128) (local $xx v128) (local $xy v128) (local $yy v128)
    (local.set $end (i32.add (local.get $sums) (i32.shl (local.get $count) (i32.const 2))))
    (loop $four
      (local.set $second (i32.add (local.get $sums) (local.get $length)))
      (local.set $xx (call $sumOfFive (local.get $sums) (i32.const 4)))
      (local.set $xy (call $sumOfFive (local.get $second) (i32.const 4)))
      (local.set $yy (call $sumOfFive (i32.add (local.get $second) (local.get $length)) (i32.const 4)))
      (local.set $trace (f32x4.add (local.get $xx) (local.get $yy)))
      ;; Gradients are doubled and 25 of them added up: 100 in each sum, and the constant k is 0.05.
      (v128.store (local.get $target) (f32x4.mul
        (f32x4.sub
          (f32x4.sub
            (f32x4.mul (local.get $xx) (local.get $yy))
            (f32x4.mul (local.get $xy) (local.get $xy)))
          (f32x4.mul (f32x4.mul (local.get $trace) (local.get $trace)) (v128.const f32x4 0.05 0.05 0.05 0.05)))
        (v128.const f32x4 0.0001 0.0001 0.0001 0.0001)))
      (local.set $target (i32.add (local.get $target) (i32.const 16)))
      (br_if $four (i32.lt_u
        (local.tee $sums (i32.add (local.get $sums) (i32.const 16))) (local.get $end))))))
