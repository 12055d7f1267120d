;; Fills memory again and again.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{}")
  (memory $big 500)
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (loop $l (memory.fill $big (i32.const 0) (i32.const 7) (i32.const 32768000)) (br $l))
    (i32.const 0) (i32.const 2)))
