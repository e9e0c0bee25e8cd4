;; Lays one thumbnail on another and measures how far they agree; compares descriptions of local features. Its assembled
;; form stands in pixel-kernel.ts, which also tells what lies where in its memory.
;;
;; Thumbnails are squares of f32, row by row, four pixels to a vector. Where a side is no multiple of four, a row's last
;; vector reaches into the next row: what it writes there is written anew when that row's turn comes.
(module
  (memory (export "memory") 4)

  ;; The numbers of a vector's lanes in a row that starts at $x.
  (func $lanes (param $x i32) (result v128)
    (f32x4.add (f32x4.splat (f32.convert_i32_s (local.get $x))) (v128.const f32x4 0 1 2 3)))

  (func $sum (param $lanes v128) (result f64)
    (f64.add
      (f64.add (f64.promote_f32 (f32x4.extract_lane 0 (local.get $lanes)))
        (f64.promote_f32 (f32x4.extract_lane 1 (local.get $lanes))))
      (f64.add (f64.promote_f32 (f32x4.extract_lane 2 (local.get $lanes)))
        (f64.promote_f32 (f32x4.extract_lane 3 (local.get $lanes))))))

  ;; Adds a vector's lanes to a f64.
  (func $gather (param $at i32) (param $lanes v128)
    (f64.store (local.get $at) (f64.add (f64.load (local.get $at)) (call $sum (local.get $lanes)))))

  ;; Samples the picture (0x4000, $pictureSide a side) at the template's pixels ($side a side) under an affine map of unit
  ;; squares, between its pixels; writes to 0x8000, NaN outside. Returns how many lie inside.
  (func (export "sample") (param $side i32) (param $pictureSide i32)
      (param $a f32) (param $b f32) (param $c f32) (param $d f32) (param $e f32) (param $f f32) (result i32)
    (local $x i32) (local $y i32) (local $out i32) (local $count i32) (local $stride i32)
    (local $each f32) (local $v f32) (local $startU v128) (local $startV v128)
    (local $u v128) (local $px v128) (local $py v128) (local $left v128) (local $top v128) (local $inside v128)
    (local $mu v128) (local $mv v128) (local $last v128) (local $before v128) (local $scale v128) (local $offsets v128)
    (local $o0 i32) (local $o1 i32) (local $o2 i32) (local $o3 i32)
    (local $first v128) (local $second v128) (local $near v128) (local $far v128) (local $upper v128)
    (local.set $each (f32.div (f32.const 1) (f32.convert_i32_s (local.get $side))))
    (local.set $stride (i32.shl (local.get $pictureSide) (i32.const 2)))
    (local.set $scale (f32x4.splat (f32.convert_i32_s (local.get $pictureSide))))
    (local.set $last (f32x4.splat (f32.convert_i32_s (i32.sub (local.get $pictureSide) (i32.const 1)))))
    (local.set $before (f32x4.splat (f32.convert_i32_s (i32.sub (local.get $pictureSide) (i32.const 2)))))
    (loop $row
      (local.set $v (f32.mul (f32.add (f32.convert_i32_s (local.get $y)) (f32.const 0.5)) (local.get $each)))
      (local.set $startU (f32x4.splat (f32.add (f32.mul (local.get $b) (local.get $v)) (local.get $c))))
      (local.set $startV (f32x4.splat (f32.add (f32.mul (local.get $e) (local.get $v)) (local.get $f))))
      (local.set $x (i32.const 0))
      (local.set $out (i32.add (i32.const 0x8000)
        (i32.shl (i32.mul (local.get $y) (local.get $side)) (i32.const 2))))
      (loop $column
        (local.set $u (f32x4.mul
          (f32x4.add (call $lanes (local.get $x)) (f32x4.splat (f32.const 0.5))) (f32x4.splat (local.get $each))))
        (local.set $mu (f32x4.add (f32x4.mul (f32x4.splat (local.get $a)) (local.get $u)) (local.get $startU)))
        (local.set $mv (f32x4.add (f32x4.mul (f32x4.splat (local.get $d)) (local.get $u)) (local.get $startV)))
        (local.set $inside (v128.and
          (v128.and (f32x4.ge (local.get $mu) (v128.const f32x4 0 0 0 0))
            (f32x4.le (local.get $mu) (v128.const f32x4 1 1 1 1)))
          (v128.and (f32x4.ge (local.get $mv) (v128.const f32x4 0 0 0 0))
            (f32x4.le (local.get $mv) (v128.const f32x4 1 1 1 1)))))
        (local.set $px (f32x4.min (local.get $last) (f32x4.max (v128.const f32x4 0 0 0 0)
          (f32x4.sub (f32x4.mul (local.get $mu) (local.get $scale)) (f32x4.splat (f32.const 0.5))))))
        (local.set $py (f32x4.min (local.get $last) (f32x4.max (v128.const f32x4 0 0 0 0)
          (f32x4.sub (f32x4.mul (local.get $mv) (local.get $scale)) (f32x4.splat (f32.const 0.5))))))
        (local.set $left (f32x4.min (f32x4.floor (local.get $px)) (local.get $before)))
        (local.set $top (f32x4.min (f32x4.floor (local.get $py)) (local.get $before)))
        (local.set $px (f32x4.sub (local.get $px) (local.get $left)))
        (local.set $py (f32x4.sub (local.get $py) (local.get $top)))
        (local.set $offsets (i32x4.shl
          (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $left))
            (i32x4.mul (i32x4.trunc_sat_f32x4_s (local.get $top)) (i32x4.splat (local.get $pictureSide))))
          (i32.const 2)))
        (local.set $o0 (i32x4.extract_lane 0 (local.get $offsets)))
        (local.set $o1 (i32x4.extract_lane 1 (local.get $offsets)))
        (local.set $o2 (i32x4.extract_lane 2 (local.get $offsets)))
        (local.set $o3 (i32x4.extract_lane 3 (local.get $offsets)))
        (local.set $first (v128.load64_lane offset=0x4000 1 (local.get $o1) (v128.load64_zero offset=0x4000 (local.get $o0))))
        (local.set $second (v128.load64_lane offset=0x4000 1 (local.get $o3) (v128.load64_zero offset=0x4000 (local.get $o2))))
        (local.set $near (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $first) (local.get $second)))
        (local.set $far (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $first) (local.get $second)))
        (local.set $upper (f32x4.add (local.get $near)
          (f32x4.mul (f32x4.sub (local.get $far) (local.get $near)) (local.get $px))))
        (local.set $o0 (i32.add (local.get $o0) (local.get $stride)))
        (local.set $o1 (i32.add (local.get $o1) (local.get $stride)))
        (local.set $o2 (i32.add (local.get $o2) (local.get $stride)))
        (local.set $o3 (i32.add (local.get $o3) (local.get $stride)))
        (local.set $first (v128.load64_lane offset=0x4000 1 (local.get $o1) (v128.load64_zero offset=0x4000 (local.get $o0))))
        (local.set $second (v128.load64_lane offset=0x4000 1 (local.get $o3) (v128.load64_zero offset=0x4000 (local.get $o2))))
        (local.set $near (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get $first) (local.get $second)))
        (local.set $far (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31 (local.get $first) (local.get $second)))
        (local.set $near (f32x4.add (local.get $near)
          (f32x4.mul (f32x4.sub (local.get $far) (local.get $near)) (local.get $px))))
        (v128.store (local.get $out) (v128.bitselect
          (f32x4.add (local.get $upper) (f32x4.mul (f32x4.sub (local.get $near) (local.get $upper)) (local.get $py)))
          (v128.const f32x4 nan nan nan nan)
          (local.get $inside)))
        (local.set $count (i32.add (local.get $count) (i32.popcnt (i32x4.bitmask (v128.and (local.get $inside)
          (f32x4.lt (call $lanes (local.get $x)) (f32x4.splat (f32.convert_i32_s (local.get $side)))))))))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br_if $column (i32.lt_s
          (local.tee $x (i32.add (local.get $x) (i32.const 4))) (local.get $side))))
      (br_if $row (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $side))))
    (local.get $count))

  ;; Adds, or with $sign -1 takes away, a row of shared pixels to the sums of the seven rows around: numbers of pixels at
  ;; 0x20010, the template's at 0x20410, the picture's at 0x20810.
  (func $addRow (param $row i32) (param $side i32) (param $sign f32)
    (local $x i32) (local $at i32) (local $into i32) (local $shared v128) (local $value v128) (local $sign4 v128)
    (local.set $sign4 (f32x4.splat (local.get $sign)))
    (local.set $at (i32.shl (i32.mul (local.get $row) (local.get $side)) (i32.const 2)))
    (loop $column
      (local.set $value (v128.load offset=0x8000 (local.get $at)))
      (local.set $shared (v128.and (f32x4.eq (local.get $value) (local.get $value))
        (f32x4.lt (call $lanes (local.get $x)) (f32x4.splat (f32.convert_i32_s (local.get $side))))))
      (v128.store offset=0x20010 (local.get $into) (f32x4.add (v128.load offset=0x20010 (local.get $into))
        (v128.and (local.get $sign4) (local.get $shared))))
      (v128.store offset=0x20410 (local.get $into) (f32x4.add (v128.load offset=0x20410 (local.get $into))
        (v128.and (f32x4.mul (local.get $sign4) (v128.load (local.get $at))) (local.get $shared))))
      (v128.store offset=0x20810 (local.get $into) (f32x4.add (v128.load offset=0x20810 (local.get $into))
        (v128.and (f32x4.mul (local.get $sign4) (local.get $value)) (local.get $shared))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $into (i32.add (local.get $into) (i32.const 16)))
      (br_if $column (i32.lt_s (local.tee $x (i32.add (local.get $x) (i32.const 4))) (local.get $side)))))

  ;; Of seven sums from three before to three after.
  (func $seven (param $at i32) (result v128)
    (f32x4.add
      (f32x4.add
        (f32x4.add (v128.load (i32.sub (local.get $at) (i32.const 12))) (v128.load (i32.sub (local.get $at) (i32.const 8))))
        (f32x4.add (v128.load (i32.sub (local.get $at) (i32.const 4))) (v128.load (local.get $at))))
      (f32x4.add
        (f32x4.add (v128.load offset=4 (local.get $at)) (v128.load offset=8 (local.get $at)))
        (v128.load offset=12 (local.get $at)))))

  ;; Of what "sample" left: each pixel less the mean of the shared ones among the 7 x 7 around it, the template's to
  ;; 0xc000, the picture's to 0x10000, NaN outside; sums over the shared pixels to 0x14000, each a f64: of the template t,
  ;; the picture p, tt, pp, tp, then of both details likewise.
  (func (export "compare") (param $side i32)
    (local $x i32) (local $y i32) (local $at i32) (local $sums i32) (local $shared v128) (local $count v128)
    (local $t v128) (local $p v128) (local $fineT v128) (local $fineP v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128) (local $s4 v128)
    (local $s5 v128) (local $s6 v128) (local $s7 v128) (local $s8 v128) (local $s9 v128)
    (memory.fill (i32.const 0x20000) (i32.const 0) (i32.const 0xc00))
    (memory.fill (i32.const 0x14000) (i32.const 0) (i32.const 80))
    (loop $first
      (call $addRow (local.get $y) (local.get $side) (f32.const 1))
      (br_if $first (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (i32.const 3))))
    (local.set $y (i32.const 0))
    (loop $row
      (if (i32.lt_s (i32.add (local.get $y) (i32.const 3)) (local.get $side))
        (then (call $addRow (i32.add (local.get $y) (i32.const 3)) (local.get $side) (f32.const 1))))
      (if (i32.ge_s (local.get $y) (i32.const 4))
        (then (call $addRow (i32.sub (local.get $y) (i32.const 4)) (local.get $side) (f32.const -1))))
      (local.set $x (i32.const 0))
      (local.set $sums (i32.const 0))
      (local.set $at (i32.shl (i32.mul (local.get $y) (local.get $side)) (i32.const 2)))
      (local.set $s0 (v128.const f32x4 0 0 0 0)) (local.set $s1 (local.get $s0)) (local.set $s2 (local.get $s0))
      (local.set $s3 (local.get $s0)) (local.set $s4 (local.get $s0)) (local.set $s5 (local.get $s0))
      (local.set $s6 (local.get $s0)) (local.set $s7 (local.get $s0)) (local.set $s8 (local.get $s0))
      (local.set $s9 (local.get $s0))
      (loop $column
        (local.set $p (v128.load offset=0x8000 (local.get $at)))
        (local.set $shared (f32x4.eq (local.get $p) (local.get $p)))
        (local.set $t (v128.load (local.get $at)))
        (local.set $count (f32x4.max (v128.const f32x4 1 1 1 1)
          (call $seven (i32.add (i32.const 0x20010) (local.get $sums)))))
        (local.set $fineT (f32x4.sub (local.get $t)
          (f32x4.div (call $seven (i32.add (i32.const 0x20410) (local.get $sums))) (local.get $count))))
        (local.set $fineP (f32x4.sub (local.get $p)
          (f32x4.div (call $seven (i32.add (i32.const 0x20810) (local.get $sums))) (local.get $count))))
        (v128.store offset=0xc000 (local.get $at)
          (v128.bitselect (local.get $fineT) (v128.const f32x4 nan nan nan nan) (local.get $shared)))
        (v128.store offset=0x10000 (local.get $at)
          (v128.bitselect (local.get $fineP) (v128.const f32x4 nan nan nan nan) (local.get $shared)))
        (local.set $shared (v128.and (local.get $shared)
          (f32x4.lt (call $lanes (local.get $x)) (f32x4.splat (f32.convert_i32_s (local.get $side))))))
        (local.set $t (v128.and (local.get $t) (local.get $shared)))
        (local.set $p (v128.and (local.get $p) (local.get $shared)))
        (local.set $fineT (v128.and (local.get $fineT) (local.get $shared)))
        (local.set $fineP (v128.and (local.get $fineP) (local.get $shared)))
        (local.set $s0 (f32x4.add (local.get $s0) (local.get $t)))
        (local.set $s1 (f32x4.add (local.get $s1) (local.get $p)))
        (local.set $s2 (f32x4.add (local.get $s2) (f32x4.mul (local.get $t) (local.get $t))))
        (local.set $s3 (f32x4.add (local.get $s3) (f32x4.mul (local.get $p) (local.get $p))))
        (local.set $s4 (f32x4.add (local.get $s4) (f32x4.mul (local.get $t) (local.get $p))))
        (local.set $s5 (f32x4.add (local.get $s5) (local.get $fineT)))
        (local.set $s6 (f32x4.add (local.get $s6) (local.get $fineP)))
        (local.set $s7 (f32x4.add (local.get $s7) (f32x4.mul (local.get $fineT) (local.get $fineT))))
        (local.set $s8 (f32x4.add (local.get $s8) (f32x4.mul (local.get $fineP) (local.get $fineP))))
        (local.set $s9 (f32x4.add (local.get $s9) (f32x4.mul (local.get $fineT) (local.get $fineP))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $sums (i32.add (local.get $sums) (i32.const 16)))
        (br_if $column (i32.lt_s (local.tee $x (i32.add (local.get $x) (i32.const 4))) (local.get $side))))
      (call $gather (i32.const 0x14000) (local.get $s0)) (call $gather (i32.const 0x14008) (local.get $s1))
      (call $gather (i32.const 0x14010) (local.get $s2)) (call $gather (i32.const 0x14018) (local.get $s3))
      (call $gather (i32.const 0x14020) (local.get $s4)) (call $gather (i32.const 0x14028) (local.get $s5))
      (call $gather (i32.const 0x14030) (local.get $s6)) (call $gather (i32.const 0x14038) (local.get $s7))
      (call $gather (i32.const 0x14040) (local.get $s8)) (call $gather (i32.const 0x14048) (local.get $s9))
      (br_if $row (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $side)))))

  ;; Descriptions that differ in $most of 256 bits or fewer. $own: $count of 32 bytes each; at 0x1e000 the other picture's
  ;; by columns: the first byte of sixteen, then the second, 512 bytes a group. Writes to 0x21000, each as a u32: the number
  ;; of its own, of the other, the bits that differ (16, 8 and 8 bits). Returns how many, $room at most.
  (func (export "similar") (param $own i32) (param $count i32) (param $groups i32) (param $most i32) (param $room i32)
      (result i32)
    (local $number i32) (local $group i32) (local $columns i32) (local $end i32) (local $query i32) (local $mask i32)
    (local $found i32) (local $bits v128)
    (block $done
      (br_if $done (i32.eqz (local.get $count)))
      (loop $each
        (local.set $group (i32.const 0))
        (local.set $columns (i32.const 0x1e000))
        (loop $group
          (local.set $query (local.get $own))
          (local.set $end (i32.add (local.get $own) (i32.const 32)))
          (local.set $bits (v128.const i32x4 0 0 0 0))
          (loop $column
            (local.set $bits (i8x16.add_sat_u
              (i8x16.add_sat_u (local.get $bits) (i8x16.popcnt (v128.xor
                (v128.load (local.get $columns)) (v128.load8_splat (local.get $query)))))
              (i8x16.add
                (i8x16.add
                  (i8x16.popcnt (v128.xor (v128.load offset=16 (local.get $columns)) (v128.load8_splat offset=1 (local.get $query))))
                  (i8x16.popcnt (v128.xor (v128.load offset=32 (local.get $columns)) (v128.load8_splat offset=2 (local.get $query)))))
                (i8x16.popcnt (v128.xor (v128.load offset=48 (local.get $columns)) (v128.load8_splat offset=3 (local.get $query)))))))
            (local.set $columns (i32.add (local.get $columns) (i32.const 64)))
            (br_if $column (i32.lt_u
              (local.tee $query (i32.add (local.get $query) (i32.const 4))) (local.get $end))))
          (local.set $mask (i8x16.bitmask (i8x16.le_u (local.get $bits) (i8x16.splat (local.get $most)))))
          (if (local.get $mask)
            (then
              (v128.store (i32.const 0x20ff0) (local.get $bits))
              (loop $hit
                (br_if $done (i32.ge_u (local.get $found) (local.get $room)))
                (i32.store offset=0x21000 (i32.shl (local.get $found) (i32.const 2))
                  (i32.or
                    (i32.or (i32.shl (local.get $number) (i32.const 16))
                      (i32.shl (i32.add (i32.shl (local.get $group) (i32.const 4)) (i32.ctz (local.get $mask))) (i32.const 8)))
                    (i32.load8_u offset=0x20ff0 (i32.ctz (local.get $mask)))))
                (local.set $found (i32.add (local.get $found) (i32.const 1)))
                (br_if $hit (local.tee $mask
                  (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))))))
          (br_if $group (i32.lt_u
            (local.tee $group (i32.add (local.get $group) (i32.const 1))) (local.get $groups))))
        (local.set $own (i32.add (local.get $own) (i32.const 32)))
        (br_if $each (i32.lt_u (local.tee $number (i32.add (local.get $number) (i32.const 1))) (local.get $count)))))
    (local.get $found)))
