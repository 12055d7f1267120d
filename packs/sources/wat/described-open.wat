;; Describes itself over greentic:component/component-descriptor@0.6.0, in canonical CBOR: one
;; operation `send`, and a configuration that may be any object.
(component
  (core module $guest
    (memory (export "memory") 1)
    (data (i32.const 16)
      "\a7dinfo\a4bidndemo-describeddroledtoolgversione1.0.0ldisplay_name\f6hmetadata\a0houtcom"
      "es\80joperations\81\a8biddsendeinput\a1fschema\a5dtypefstringeregex\f6fformat\f6gmax_len"
      "\f6gmin_len\f6foutput\a1fschema\a5dtypefstringeregex\f6fformat\f6gmax_len\f6gmin_len\f6h"
      "defaults\a0jredactions\80kconstraints\a0kschema_hashx@0b6471493781f2847be6e1102995a89c42"
      "4905c17a77df159aed85ee5a3eaf8eldisplay_name\f6mconfig_schema\a4dtypefobjecthrequired\80j"
      "additional\a1dtypeeallowjproperties\a0uprovided_capabilities\80urequired_capabilities\80")
    ;; The description at 16, and its length.
    (func (export "describe") (result i32)
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (i32.const 470))
      (i32.const 0)))
  (core instance $i (instantiate $guest))
  (func $describe (result (list u8))
    (canon lift (core func $i "describe") (memory (core memory $i "memory"))))
  (instance $api (export "describe" (func $describe)))
  (export "greentic:component/component-descriptor@0.6.0" (instance $api)))
