;; Two keys of one name.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"plan\":{},\"plan\":{\"config_patch\":{\"a\":1}}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 43)))
