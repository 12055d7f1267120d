;; Fills a table again and again.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{}")
  (table $t 90000 funcref)
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 90000)) (br $l))
    (i32.const 0) (i32.const 2)))
